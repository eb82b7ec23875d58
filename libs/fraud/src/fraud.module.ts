import { Module } from '@nestjs/common';
import { SecurityCoreModule } from '#security';
import { AttemptsRepository } from './attempts.repository.js';
import { BacktestService } from './backtest.service.js';
import { BlacklistController } from './blacklist/blacklist.controller.js';
import { BlacklistRepository } from './blacklist/blacklist.repository.js';
import { BlacklistService } from './blacklist/blacklist.service.js';
import { ListKeys } from './blacklist/list-keys.js';
import { FraudConsequences } from './fraud-consequences.js';
import { FraudRepository } from './fraud.repository.js';
import { FraudService } from './fraud.service.js';
import { LabelsRepository } from './labels.repository.js';
import { ModelsRepository } from './model/models.repository.js';
import { ModelsService } from './model/models.service.js';
import { ReviewQueue } from './reviews/review-queue.js';
import { ReviewsController } from './reviews/reviews.controller.js';
import { ReviewsRepository } from './reviews/reviews.repository.js';
import { ReviewsService } from './reviews/reviews.service.js';
import { AssessmentsController } from './assessments.controller.js';
import { RuleSetsController } from './rules/rule-sets.controller.js';
import { RuleSetsRepository } from './rules/rule-sets.repository.js';
import { RuleSetsService } from './rules/rule-sets.service.js';

/** What payments ask of fraud: assessments, lists, labels and the queue of held payments. No routes. */
@Module({
  imports: [SecurityCoreModule],
  providers: [
    FraudService,
    FraudConsequences,
    AttemptsRepository,
    FraudRepository,
    ListKeys,
    BlacklistService,
    BlacklistRepository,
    LabelsRepository,
    ModelsRepository,
    ModelsService,
    ReviewQueue,
    ReviewsRepository,
    RuleSetsRepository,
    RuleSetsService,
  ],
  exports: [
    FraudService,
    FraudRepository,
    BlacklistService,
    LabelsRepository,
    ModelsService,
    ReviewQueue,
    ReviewsRepository,
    RuleSetsService,
  ],
})
export class FraudCoreModule {}

/** Judging the past again, for the command that does so. */
@Module({ imports: [FraudCoreModule], providers: [BacktestService], exports: [BacktestService] })
export class BacktestModule {}

/** Decisions about held payments, for the worker's jobs. It needs a {@link ReviewedPayments} from the application. */
@Module({ imports: [FraudCoreModule, SecurityCoreModule], providers: [ReviewsService], exports: [ReviewsService] })
export class ReviewsCoreModule {}

/** Fraud with its routes; as {@link ReviewsCoreModule}, it needs a {@link ReviewedPayments} from the application. */
@Module({
  imports: [FraudCoreModule, ReviewsCoreModule],
  controllers: [AssessmentsController, BlacklistController, ReviewsController, RuleSetsController],
  exports: [FraudCoreModule, ReviewsCoreModule],
})
export class FraudModule {}
