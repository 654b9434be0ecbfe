import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { type MarkedMethod, ProviderDiscovery } from '../../callbacks/providers/provider-discovery.js';
import { isConfigured } from '../../config/configured.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { Procedures } from '../procedures.js';
import { methodProcedure } from './method-procedure.js';
import { PROCEDURE } from './procedure.decorator.js';

const ROLE = 'has procedures of Kittiwake';

/** Finds, at the start, the methods of providers that are procedures. */
@Injectable()
export class ProcedureExplorer implements OnModuleInit {
  constructor(
    private readonly settings: ProceduresSettings,
    private readonly procedures: Procedures,
    private readonly discovery: ProviderDiscovery,
    private readonly contexts: ExternalContextCreator,
  ) {}

  /** @throws when a method cannot be a procedure, two have the same name, or no procedures are configured. */
  onModuleInit(): void {
    for (const marked of this.discovery.methods(PROCEDURE, ROLE)) this.add(marked);
  }

  private add(marked: MarkedMethod): void {
    if (!isConfigured(this.settings)) {
      throw new Error(
        `${marked.name} is a procedure, but the section procedures is not configured: set procedures: {}`,
      );
    }
    this.discovery.requireSingleton(marked.provider, ROLE);
    this.procedures.add(methodProcedure(marked, this.settings, this.contexts), marked.name);
  }
}
