import { Injectable } from '@nestjs/common';
import { FraudService, ReviewQueue } from '#fraud';
import { money } from '#kernel';
import { MerchantsService } from '#merchants';
import { type DisputeEvidence } from '../domain/dispute-evidence.js';
import { assembleEvidence, type ChargeFacts, type EvidenceFacts } from '../domain/evidence-assembly.js';
import { type Payment } from '../payment.js';
import { printedAmount } from '../presentation/amount-text.js';
import { receiptLines } from '../presentation/receipt.js';
import { RefundsRepository } from '../refunds/refunds.repository.js';
import { type Dispute } from './dispute.js';
import { PayerHistories } from './payer-history.js';

/** Writes the draft of a dispute's evidence from the risk assessment, the payer's history, 3-D Secure, the receipt and the refunds. */
@Injectable()
export class EvidenceAssembler {
  constructor(
    private readonly histories: PayerHistories,
    private readonly fraud: FraudService,
    private readonly reviews: ReviewQueue,
    private readonly merchants: MerchantsService,
    private readonly refunds: RefundsRepository,
  ) {}

  /** @param charge - What the processor knows of the charge; null when it could not be asked. */
  async assemble(dispute: Dispute, charge: ChargeFacts | null): Promise<DisputeEvidence> {
    const { payment, device, elements, earlier } = await this.histories.of(dispute);
    const seller = await this.merchants.sellerOf(payment.merchantId);
    const assessment = await this.fraud.findOfPayment(payment, payment.id);
    return assembleEvidence({
      reason: dispute.reason,
      enhancedEligibility: dispute.enhancedEligibility,
      payment: {
        id: payment.id,
        currency: payment.currency,
        printedAmount: printedAmount(money(payment.amountMinor, payment.currency)),
        description: payment.description,
        createdAt: payment.createdAt,
        method: payment.method,
      },
      merchantName: seller.name,
      elements,
      device: { id: device.id, type: device.type, name: device.name, registeredAt: device.registeredAt },
      assessment: assessment && {
        score: assessment.score,
        level: assessment.level,
        decision: assessment.decision,
        explanations: assessment.contributions.findings.flatMap(({ rule, detail }) => (detail === '' ? [] : [`${rule}: ${detail}`])),
      },
      isApproved: await this.reviews.wasApproved(payment.id),
      charge,
      receiptLines: receiptOf(payment, seller),
      refunds: await this.refundsOf(payment),
      earlier,
    });
  }

  private async refundsOf(payment: Payment): Promise<EvidenceFacts['refunds']> {
    const refunds = await this.refunds.list(payment.id);
    return refunds.map(({ id, amountMinor, currency, status, createdAt }) => ({
      id,
      printedAmount: printedAmount(money(amountMinor, currency)),
      status,
      createdAt,
    }));
  }
}

function receiptOf(payment: Payment, seller: { readonly name: string; readonly timeZone: string }): readonly string[] {
  const { id, status, outcomeCertainty, amountMinor, currency, tipMinor, taxMinor, createdAt } = payment;
  const presentable = {
    id,
    status,
    outcomeCertainty,
    amount: money(amountMinor, currency),
    tipMinor,
    taxMinor,
    isDeclined: false,
    actionUrl: null,
    merchantName: seller.name,
    timeZone: seller.timeZone,
    createdAt,
  };
  return receiptLines(presentable, 'Paid').lines;
}
