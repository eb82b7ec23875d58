import { Module } from '@nestjs/common';
import { SecurityCoreModule } from '#security';
import { ListKeys } from './blacklist/list-keys.js';
import { FraudRepository } from './fraud.repository.js';
import { FraudService } from './fraud.service.js';

/** The assessment that payments ask for. */
@Module({
  imports: [SecurityCoreModule],
  providers: [FraudService, FraudRepository, ListKeys],
  exports: [FraudService],
})
export class FraudCoreModule {}
