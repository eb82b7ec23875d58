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
