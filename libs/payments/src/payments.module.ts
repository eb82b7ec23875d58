import { Module } from '@nestjs/common';
import { DevicesCoreModule } from '#devices';
import { FraudCoreModule } from '#fraud';
import { MerchantsModule } from '#merchants';
import { SecurityCoreModule } from '#security';
import { ChallengeExpiry } from './challenge-expiry.js';
import { CustomersController } from './customers/customers.controller.js';
import { CustomersRepository } from './customers/customers.repository.js';
import { DisputeAnswers } from './disputes/dispute-answers.service.js';
import { DisputeDeadlinesRepository } from './disputes/dispute-deadlines.repository.js';
import { DisputeEvidenceService } from './disputes/dispute-evidence.service.js';
import { DisputeKeeper } from './disputes/dispute-keeper.js';
import { CustomersService } from './customers/customers.service.js';
import { DisputeMirror } from './disputes/dispute-mirror.js';
import { DisputesController } from './disputes/disputes.controller.js';
import { DisputesRepository } from './disputes/disputes.repository.js';
import { DisputesService } from './disputes/disputes.service.js';
import { EvidenceAssembler } from './disputes/evidence-assembler.js';
import { EvidenceRepository } from './disputes/evidence.repository.js';
import { EvidenceStaging } from './disputes/evidence-staging.js';
import { PayerHistories } from './disputes/payer-history.js';
import { FraudTruths } from './fraud-news/fraud-truths.js';
import { FraudWarningsRepository } from './fraud-news/fraud-warnings.repository.js';
import { FraudWarnings } from './fraud-news/fraud-warnings.service.js';
import { GatewayEventsService } from './gateway-events.service.js';
import { IdempotencyKeys } from './idempotency.js';
import { LedgerRepository } from './ledger.repository.js';
import { LimitsController } from './limits/limits.controller.js';
import { OutboxRepository } from './outbox.repository.js';
import { PaymentAccumulator } from './payment-accumulator.js';
import { PaymentAdmission } from './payment-admission.js';
import { PaymentAttemptsRepository } from './payment-attempts.repository.js';
import { PaymentCalls } from './payment-calls.js';
import { PaymentCompleter } from './payment-completer.js';
import { PaymentDrafts } from './payment-drafts.js';
import { PaymentExecutor } from './payment-executor.js';
import { PaymentNews } from './payment-news.js';
import { PaymentOperations } from './payment-operations.js';
import { PaymentPayers } from './payment-payers.js';
import { PaymentRecorder } from './payment-recorder.js';
import { PaymentRetries, RetryRecords } from './payment-retries.js';
import { PaymentRetriesService } from './payment-retries.service.js';
import { PaymentTimeline } from './payment-timeline.js';
import { PaymentViews } from './payment-views.js';
import { PaymentTransitions } from './payment-transitions.js';
import { PaymentQueueRepository } from './payment-queue.repository.js';
import { PaymentSettler } from './payment-settler.js';
import { PaymentSumsRepository } from './payment-sums.repository.js';
import { PaymentsController } from './payments.controller.js';
import { PaymentListsRepository } from './payment-lists.repository.js';
import { PaymentsRepository } from './payments.repository.js';
import { PaymentsService } from './payments.service.js';
import { RefundsRepository } from './refunds/refunds.repository.js';
import { RefundsService } from './refunds/refunds.service.js';
import { SavedMethodChanges } from './saved-methods/saved-method-changes.js';
import { SavedMethodEvents } from './saved-methods/saved-method-events.js';
import { SavedMethodSetup } from './saved-methods/saved-method-setup.js';
import { SavedMethodsRepository } from './saved-methods/saved-methods.repository.js';
import { SavedMethodCompleter, SavedMethodsService } from './saved-methods/saved-methods.service.js';
import { SubscriptionsController } from './subscriptions/subscriptions.controller.js';
import { SubscriptionCharges } from './subscriptions/subscription-charges.js';
import { SubscriptionCreation } from './subscriptions/subscription-creation.js';
import { SubscriptionRenewals } from './subscriptions/subscription-renewals.js';
import { SubscriptionSettlement } from './subscriptions/subscription-settlement.js';
import { SubscriptionViews } from './subscriptions/subscription-views.js';
import { SubscriptionPeriodsRepository } from './subscriptions/subscription-periods.repository.js';
import { SubscriptionsRepository } from './subscriptions/subscriptions.repository.js';
import { SubscriptionRecorder, SubscriptionsService } from './subscriptions/subscriptions.service.js';
import { SpendingLimitsRepository } from './limits/spending-limits.repository.js';
import { SpendingLimitsService } from './limits/spending-limits.service.js';

const SUBSCRIPTIONS = [
  SubscriptionCharges,
  SubscriptionCreation,
  SubscriptionPeriodsRepository,
  SubscriptionRecorder,
  SubscriptionRenewals,
  SubscriptionSettlement,
  SubscriptionViews,
  SubscriptionsRepository,
  SubscriptionsService,
];

/** Payments without their routes: for the worker. It needs a {@link PaymentGateway} from the application. */
@Module({
  imports: [DevicesCoreModule, FraudCoreModule, MerchantsModule, SecurityCoreModule],
  providers: [
    ChallengeExpiry,
    CustomersRepository,
    DisputeAnswers,
    DisputeDeadlinesRepository,
    DisputeEvidenceService,
    DisputeKeeper,
    CustomersService,
    DisputeMirror,
    DisputesRepository,
    DisputesService,
    EvidenceAssembler,
    EvidenceRepository,
    EvidenceStaging,
    PayerHistories,
    FraudTruths,
    FraudWarnings,
    FraudWarningsRepository,
    GatewayEventsService,
    IdempotencyKeys,
    LedgerRepository,
    OutboxRepository,
    PaymentAccumulator,
    PaymentAdmission,
    PaymentAttemptsRepository,
    PaymentCalls,
    PaymentCompleter,
    PaymentDrafts,
    PaymentExecutor,
    PaymentNews,
    PaymentOperations,
    PaymentPayers,
    PaymentRecorder,
    PaymentListsRepository,
    PaymentQueueRepository,
    PaymentRetries,
    PaymentRetriesService,
    PaymentSettler,
    PaymentSumsRepository,
    PaymentTimeline,
    PaymentTransitions,
    PaymentViews,
    PaymentsRepository,
    PaymentsService,
    RefundsRepository,
    RefundsService,
    RetryRecords,
    SavedMethodChanges,
    SavedMethodCompleter,
    SavedMethodEvents,
    SavedMethodSetup,
    SavedMethodsRepository,
    SavedMethodsService,
    SpendingLimitsRepository,
    SpendingLimitsService,
    ...SUBSCRIPTIONS,
  ],
  exports: [
    DisputeDeadlinesRepository,
    DisputeKeeper,
    CustomersService,
    DisputesService,
    FraudWarnings,
    GatewayEventsService,
    LedgerRepository,
    PaymentAccumulator,
    PaymentCompleter,
    PaymentExecutor,
    PaymentOperations,
    PaymentRetriesService,
    PaymentQueueRepository,
    PaymentTimeline,
    PaymentTransitions,
    PaymentViews,
    PaymentsRepository,
    PaymentsService,
    RefundsService,
    SavedMethodCompleter,
    SavedMethodEvents,
    SavedMethodsService,
    SpendingLimitsRepository,
    SpendingLimitsService,
    ...SUBSCRIPTIONS,
  ],
})
export class PaymentsCoreModule {}

/** Payments with their routes. */
@Module({
  imports: [PaymentsCoreModule],
  controllers: [DisputesController, PaymentsController, CustomersController, SubscriptionsController, LimitsController],
  exports: [PaymentsCoreModule],
})
export class PaymentsModule {}
