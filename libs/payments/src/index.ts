/** Payments: from a device's wish to money that moved once. */
export {
  checkPaymentPolicy,
  currencyRulesOf,
  isOpenAt,
  type PolicyFacts,
  type PolicyRequest,
  type PolicyViolation,
  type PolicyViolationCode,
} from './domain/payment-policy.js';
export {
  canMove,
  CONFIRM_ON_SESSION,
  findFaultsOfMoves,
  INITIAL_PAYMENT_STATUS,
  isPaymentStatus,
  isTerminal,
  type MoveDecision,
  type MoveWish,
  nextPaymentStatus,
  PAYMENT_MOVES,
  PAYMENT_STATUSES,
  type PaymentMover,
  type PaymentMoves,
  type PaymentStatus,
  paymentStatusRank,
  statusesBefore,
} from './domain/payment-status.js';
export {
  type GatewayAnswer,
  type GatewayCall,
  type GatewayDecline,
  type GatewayDispute,
  type GatewayEvent,
  type GatewayFraudWarning,
  type GatewayMovement,
  type GatewayPayment,
  type GatewayPaymentRequest,
  type GatewayRefund,
  type GatewayReview,
  PaymentGateway,
} from './payment-gateway.js';
export { type CompellingEvidence, type DisputeEvidence, type EvidenceField, type PayerElements } from './domain/dispute-evidence.js';
export { type ChargeFacts } from './domain/evidence-assembly.js';
export { type DisputeAlarm, DisputeDeadlinesRepository, HOURS_LEFT, type HoursLeft } from './disputes/dispute-deadlines.repository.js';
export { DisputeKeeper } from './disputes/dispute-keeper.js';
export { FraudWarnings } from './fraud-news/fraud-warnings.service.js';
export { type AttributedEvent, type EventEffect, GatewayEventsService } from './gateway-events.service.js';
export {
  type GatewayMethod,
  type GatewaySetup,
  type GatewaySetupRequest,
  type SavedMethodEvent,
  SavedMethodGateway,
} from './saved-methods/saved-method-gateway.js';
export { SavedMethodEvents } from './saved-methods/saved-method-events.js';
export { SubscriptionRenewals } from './subscriptions/subscription-renewals.js';
export { SavedMethodCompleter } from './saved-methods/saved-methods.service.js';
export { PaymentAccumulator } from './payment-accumulator.js';
export { PaymentCompleter } from './payment-completer.js';
export { PaymentsCoreModule, PaymentsModule } from './payments.module.js';
export { type LedgerDifference, LedgerRepository } from './ledger.repository.js';
export { PaymentQueueRepository } from './payment-queue.repository.js';
export { PaymentListsRepository } from './payment-lists.repository.js';
export { PaymentsRepository } from './payments.repository.js';
export { PaymentsService } from './payments.service.js';
export { RefundsService } from './refunds/refunds.service.js';
export { SpendingLimitsRepository } from './limits/spending-limits.repository.js';
export {
  INPUT_KINDS,
  INPUT_KINDS_BY_DEVICE_TYPE,
  type InputDefaults,
  type InputKind,
  type InputRefusal,
  type InputRefusalCode,
  type InputResult,
  type TranslatedInput,
} from './input/native-input.js';
export { translateInput } from './input/translate-input.js';
export {
  outcomeOf,
  type PresentablePayment,
  type Presentation,
  type PresentedOutcome,
  presentationFor,
  PRESENTATIONS_BY_DEVICE_TYPE,
} from './presentation/presentation.js';
export { BILLING_UNITS, type BillingPeriod, type BillingSchedule, dueRenewal, periodAt, periodOf } from './domain/billing-schedule.js';
export {
  adviceFor,
  type AfterDecline,
  afterDecline,
  classifyDecline,
  codeForPayer,
  type Decline,
  type DeclineClass,
  type DeclinedAttempt,
} from './domain/decline-policy.js';
export { mustAccumulate, PROCESSOR_MINIMUMS_MINOR, processorMinimumMinor } from './domain/processor-minimum.js';
export {
  bucketsFor,
  type BucketUse,
  calendarWindow,
  decideReservation,
  type LimitedPayment,
  type LimitWindow,
  type ReservationDecision,
  type ReservationState,
  reservationStateOf,
  SPENDING_LIMIT_NAMES,
  type SpendingBucket,
  type SpendingLimitName,
} from './domain/spending-limit.js';
export { ReviewedPaymentsModule } from './fraud-news/reviewed-payments.module.js';
