import { Module } from '@nestjs/common';
import { SecurityCoreModule } from '#security';
import { BlacklistController } from './blacklist/blacklist.controller.js';
import { BlacklistRepository } from './blacklist/blacklist.repository.js';
import { BlacklistService } from './blacklist/blacklist.service.js';
import { ListKeys } from './blacklist/list-keys.js';
import { FraudRepository } from './fraud.repository.js';
import { FraudService } from './fraud.service.js';

/** The assessment that payments ask for, and the lists, without routes. */
@Module({
  imports: [SecurityCoreModule],
  providers: [FraudService, FraudRepository, ListKeys, BlacklistService, BlacklistRepository],
  exports: [FraudService, BlacklistService],
})
export class FraudCoreModule {}

/** Fraud with its routes. */
@Module({ imports: [FraudCoreModule], controllers: [BlacklistController], exports: [FraudCoreModule] })
export class FraudModule {}
