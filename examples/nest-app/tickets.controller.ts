import { Body, Controller, Post } from '@nestjs/common';
import { IsString } from 'class-validator';
import { Tickets } from './tickets.js';

export class SignIn {
  @IsString()
  readonly user!: string;
}

@Controller('tickets')
export class TicketsController {
  constructor(private readonly tickets: Tickets) {}

  /** An app of yours knows the user from its session, and does not take anybody's word for it. */
  @Post()
  create(@Body() { user }: SignIn): { ticket: string } {
    return { ticket: this.tickets.issue({ user_id: user, is_member: user === 'ann' }) };
  }
}
