import { Injectable, Logger } from '@nestjs/common';
import { Clock, isId, newId } from '#kernel';
import { crashPoint, Database, type Queryable } from '#platform';
import { CustomersRepository } from '../customers/customers.repository.js';
import { type SavePaymentMethodDto } from '../dto/customers.dto.js';
import { savedMethodResponseOf } from '../dto/saved-method.response.js';
import { IdempotencyKeys, requestHashOf } from '../idempotency.js';
import { type Answer, type Outcome, refusal } from '../payment-answer.js';
import { type PaymentCaller } from '../payment.js';
import { CustomerNotFoundError, GatewayUnavailableError, IdempotencyInProgressError } from '../payments.errors.js';
import { type PageRequest } from '../payment-lists.repository.js';
import { type SavedMethod } from './saved-method.js';
import { SavedMethodChanges } from './saved-method-changes.js';
import { REFUSED, SavedMethodSetup, type SetupProgress } from './saved-method-setup.js';
import {
  SavedMethodDeclinedError,
  SavedMethodNotFoundError,
  SavedMethodRefusedError,
  SavedMethodStateError,
} from './saved-methods.errors.js';
import { SavedMethodsRepository } from './saved-methods.repository.js';

/** The story of a saved payment method: record, processor, answer; and its end. */
@Injectable()
export class SavedMethodsService {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyKeys,
    private readonly customers: CustomersRepository,
    private readonly repository: SavedMethodsRepository,
    private readonly changes: SavedMethodChanges,
    private readonly setup: SavedMethodSetup,
  ) {}

  /**
   * Saves a method for a customer. Safe to repeat with the same key: the first outcome is returned.
   *
   * @throws CustomerNotFoundError @throws IdempotencyKeyReusedError @throws IdempotencyInProgressError
   */
  async save(caller: PaymentCaller, key: string, customerId: string, request: SavePaymentMethodDto): Promise<Outcome> {
    const requestHash = requestHashOf(`POST /api/customers/${customerId}/payment-methods`, request);
    const earlier = await this.idempotency.find(caller, key, requestHash);
    if (earlier?.answer) return { answer: earlier.answer, isReplay: true };
    if (earlier) return this.resume(caller, key, earlier.objectId);
    await this.requireCustomer(caller, customerId);
    const id = newId('savedMethod');
    const recorded = await this.database.transaction(async (transaction) => {
      if (!(await this.idempotency.claim(caller, key, requestHash, id, transaction))) return null;
      return this.record(transaction, caller, { id, customerId, request });
    });
    if (!recorded) return this.idempotency.answerOfWinner(caller, key, requestHash);
    crashPoint('after_setup_recorded');
    return this.finish(caller, key, await this.setup.advance(recorded, recorded.createdAt));
  }

  /** @throws SavedMethodNotFoundError also for another merchant's, mode's or customer's. */
  async get(caller: PaymentCaller, customerId: string, id: string, param = 'id'): Promise<SavedMethod> {
    const method = isId('savedMethod', id) ? await this.repository.find(caller, id) : null;
    if (method?.customerId !== customerId) throw new SavedMethodNotFoundError(param);
    return method;
  }

  /** One page of a customer's methods, newest first, those that have ended included. @throws CustomerNotFoundError */
  async list(caller: PaymentCaller, customerId: string, page: PageRequest): Promise<{ data: SavedMethod[]; hasMore: boolean }> {
    await this.requireCustomer(caller, customerId);
    const methods = await this.repository.list(customerId, { ...page, limit: page.limit + 1 });
    return { data: methods.slice(0, page.limit), hasMore: methods.length > page.limit };
  }

  /**
   * Takes a method back. Once this has returned it pays no more, whether the processor could be told or not; the worker tells it until it has
   * heard. Doing it again changes nothing.
   *
   * @throws SavedMethodNotFoundError @throws SavedMethodStateError for one that was never active
   */
  async detach(caller: PaymentCaller, customerId: string, id: string): Promise<SavedMethod> {
    const method = await this.get(caller, customerId, id);
    if (method.status === 'detached') return method;
    const by = { actor: caller.actorId, requestId: caller.requestId, ip: caller.ip };
    const detached = await this.database.transaction((transaction) => this.changes.detach(transaction, id, by, false));
    if (detached.status !== 'detached') throw new SavedMethodStateError('detached', savedMethodResponseOf(detached));
    crashPoint('after_detach_recorded');
    if (detached.version === method.version + 1) await this.setup.advance(detached, detached.createdAt);
    return detached;
  }

  /** Makes an active method the one that pays when nobody names another. @throws SavedMethodNotFoundError @throws SavedMethodStateError */
  async makeDefault(caller: PaymentCaller, customerId: string, id: string): Promise<SavedMethod> {
    await this.get(caller, customerId, id);
    return this.database.transaction(async (transaction) => {
      await this.customers.lock(transaction, customerId);
      const method = await this.repository.lock(transaction, id);
      if (method?.status !== 'active') throw new SavedMethodStateError('made the default', method && savedMethodResponseOf(method));
      await this.customers.setDefault(transaction, customerId, id);
      return { ...method, isDefault: true };
    });
  }

  private record(
    transaction: Queryable,
    caller: PaymentCaller,
    wanted: { readonly id: string; readonly customerId: string; readonly request: SavePaymentMethodDto },
  ): Promise<SavedMethod> {
    const { id, customerId, request } = wanted;
    return this.repository.insert(transaction, {
      id,
      merchantId: caller.merchantId,
      livemode: caller.livemode,
      customerId,
      usage: request.usage ?? 'off_session',
      requestedMethod: request.paymentMethod,
      isDefaultWanted: request.makeDefault ?? false,
      returnUrl: request.returnUrl ?? null,
      createdBy: caller.actorId,
    });
  }

  private async resume(caller: PaymentCaller, key: string, id: string | null): Promise<Outcome> {
    const method = id === null ? null : await this.repository.find(caller, id);
    if (!method || !(await this.idempotency.takeOver(caller, key))) throw new IdempotencyInProgressError();
    // A challenge that was answered before needs no look: this repeat asks for the answer, not for news.
    const progress = method.status === 'pending' ? await this.setup.advance(method, method.createdAt) : { method, retryAfterSeconds: null };
    return this.finish(caller, key, progress);
  }

  private async finish(caller: PaymentCaller, key: string, progress: SetupProgress): Promise<Outcome> {
    const answer = answerOf(progress, caller.requestId);
    await this.idempotency.finish(caller, key, answer);
    return { answer, isReplay: false };
  }

  private async requireCustomer(caller: PaymentCaller, id: string): Promise<void> {
    const isKnown = isId('customer', id) && (await this.customers.exists(this.database, caller, id));
    if (!isKnown) throw new CustomerNotFoundError('id');
  }
}

/** Finishes what requests could not: setups without an end, methods that the processor must still give up. */
@Injectable()
export class SavedMethodCompleter {
  private readonly logger = new Logger(SavedMethodCompleter.name);

  constructor(
    private readonly repository: SavedMethodsRepository,
    private readonly setup: SavedMethodSetup,
    private readonly clock: Clock,
  ) {}

  /** Looks at the methods that are due. @returns How many there were. */
  async completeDue(): Promise<number> {
    const due = await this.repository.claimDue(BATCH_SIZE);
    for (const method of due) {
      try {
        await this.setup.advance(method, this.clock.now());
      } catch (error) {
        // Its lease runs out and it is looked at again; the others must not wait for it.
        this.logger.error({ event: 'saved_method_completion_failed', savedMethodId: method.id, error });
      }
    }
    return due.length;
  }
}

// Each look takes at most three calls; all of them end before the lease does, or another worker goes on with the same keys.
const BATCH_SIZE = 5;

function answerOf({ method, retryAfterSeconds }: SetupProgress, requestId: string): Answer {
  const response = savedMethodResponseOf(method);
  switch (method.status) {
    case 'active':
    case 'requires_action':
    case 'detached':
      return { status: 201, body: JSON.stringify(response), isFinal: true };
    case 'pending':
      return retryAfterSeconds === null
        ? { status: 202, body: JSON.stringify(response), isFinal: false }
        : refusal(new GatewayUnavailableError(retryAfterSeconds, response), requestId, false);
    case 'failed': {
      const error = method.lastError ?? { code: 'card_declined', declineCode: null, advice: null, message: 'The method was declined.' };
      return error.advice === REFUSED
        ? refusal(new SavedMethodRefusedError(error.code, response), requestId, true)
        : refusal(new SavedMethodDeclinedError(error, response), requestId, true);
    }
  }
}
