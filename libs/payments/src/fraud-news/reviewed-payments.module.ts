import { Global, Module } from '@nestjs/common';
import { ReviewedPayments } from '#fraud';
import { PaymentsCoreModule } from '../payments.module.js';
import { ReviewedPaymentsService } from './reviewed-payments.service.js';

/** Offers the analysts' queue, which stands below payments, the hands that carry its decisions out. */
@Global()
@Module({
  imports: [PaymentsCoreModule],
  providers: [{ provide: ReviewedPayments, useClass: ReviewedPaymentsService }],
  exports: [ReviewedPayments],
})
export class ReviewedPaymentsModule {}
