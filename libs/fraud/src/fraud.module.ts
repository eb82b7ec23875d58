import { Module } from '@nestjs/common';
import { FraudRepository } from './fraud.repository.js';
import { FraudService } from './fraud.service.js';

/** The assessment that payments ask for. */
@Module({
  providers: [FraudService, FraudRepository],
  exports: [FraudService],
})
export class FraudCoreModule {}
