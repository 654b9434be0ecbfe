import { maxAgeMsOf } from '../../callbacks/http/answer-age.js';
import { JointCall } from '../../callbacks/joint-call.js';
import { KeptAnswers } from '../../callbacks/kept-answers.js';
import type { ResponseHeaders } from '../../callbacks/retry-wait.js';
import type { Metrics } from '../../metrics/metrics.js';
import { canonicalJson } from '../../protocol/json/canonical-json.js';
import { objectText, type JsonMembers } from '../../protocol/json/json.js';
import type { CallbackKind } from './callback-kind.js';
import type { ServiceQuestion, ServiceCallbacks } from './service-callbacks.js';

/** The most characters of questions and answers that are kept of one service. */
const MAX_KEPT_LENGTH = 4_194_304;

/** The service whose questions are joined, and the greatest age of an answer. */
export interface Coalescing {
  readonly service: string;
  /** The longest time that answers are kept, whatever the app says; 0: not at all. */
  readonly maxAnswerAgeMs: number;
}

/** Joins equal questions of the same moment into one call, for callbacks that ask a service rather than tell it. */
export class CoalescedServiceCallbacks implements ServiceCallbacks {
  private readonly underWay = new Map<string, JointCall>();
  private readonly kept = new KeptAnswers(MAX_KEPT_LENGTH);

  constructor(
    private readonly callbacks: ServiceCallbacks,
    private readonly coalescing: Coalescing,
    private readonly metrics: Metrics,
  ) {}

  has(kind: CallbackKind): boolean {
    return this.callbacks.has(kind);
  }

  async ask(kind: CallbackKind, request: ServiceQuestion): Promise<JsonMembers> {
    if (kind !== 'authorizer' && kind !== 'beforeSubscribe') return this.callbacks.ask(kind, request);
    request.signal?.throwIfAborted();
    request.withdrawal?.throwIfAborted();
    const question = `${kind} ${canonicalJson(objectText(request.fields))}`;
    const kept = this.kept.get(question);
    if (kept) this.metrics.answerKept(this.coalescing.service, kind);
    return kept ?? (await this.together(kind, question, request));
  }

  private together(kind: CallbackKind, question: string, request: ServiceQuestion): Promise<JsonMembers> {
    const other = this.underWay.get(question);
    // A publication between the state and the joiner's subscription would be lost: once asked, it is too late to join.
    if (other?.isOpen && !(kind === 'beforeSubscribe' && other.isSent)) {
      this.metrics.callbackJoined(this.coalescing.service, kind);
      return other.join(request);
    }
    const call = this.begin(kind, question, request);
    return call.join(request);
  }

  private begin(kind: CallbackKind, question: string, { fields, client }: ServiceQuestion): JointCall {
    let headers: ResponseHeaders = {};
    const call = new JointCall(async (hooks) => {
      try {
        const answered = (of: ResponseHeaders): void => void (headers = of);
        const answer = await this.callbacks.ask(kind, { fields, client, answered, ...hooks });
        if (kind === 'authorizer') this.keep(question, answer, headers);
        return answer;
      } finally {
        if (this.underWay.get(question) === call) this.underWay.delete(question);
      }
    });
    this.underWay.set(question, call);
    return call;
  }

  private keep(question: string, answer: JsonMembers, headers: ResponseHeaders): void {
    const ageMs = Math.min(maxAgeMsOf(headers), this.coalescing.maxAnswerAgeMs);
    if (ageMs > 0) this.kept.keep(question, answer, ageMs);
  }
}
