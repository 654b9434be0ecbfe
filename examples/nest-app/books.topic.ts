import { IsInt, Max, Min } from 'class-validator';
import {
  Authorize,
  BeforeSubscribe,
  Callback,
  MessageData,
  type MessageRequest,
  OnMessage,
  Refusal,
  TopicState,
  type SubscriptionRequest,
  TopicService,
} from 'kittiwake';
import { type Book, Books } from './books.js';

export class Inquiry {
  @IsInt()
  @Min(1)
  @Max(100)
  readonly copies!: number;
}

/** The topics `books.<id>`: clients see a book as it is and as it changes, and may ask what several copies cost. */
@TopicService('books', { authorizerFields: ['discount'] })
export class BooksTopic {
  constructor(private readonly books: Books) {}

  /** Throwing refuses. The discount is an authorizer field: all later callbacks of the subscription have it. */
  @Authorize()
  authorize({ topic, fields }: SubscriptionRequest): { discount: number } {
    if (!this.books.find(topic)) throw new Refusal('No such book.');
    return { discount: fields.is_member === true ? 0.1 : 0 };
  }

  /** The state that the client starts from. Its order keeps back publications that are older. */
  @BeforeSubscribe()
  current({ topic }: SubscriptionRequest): TopicState<Book | undefined> {
    const book = this.books.find(topic);
    return new TopicState(book, { order: book?.version });
  }

  /** The app's ValidationPipe checks what the client sends, as it does for a controller. What is returned is the reply. */
  @OnMessage()
  inquire(@MessageData() { copies }: Inquiry, @Callback() request: MessageRequest): { cost: number } {
    const price = this.books.find(request.topic)?.price ?? 0;
    return { cost: copies * price * (1 - Number(request.fields.discount)) };
  }
}
