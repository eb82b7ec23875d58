import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, RequireScope, RequireStepUp } from '../access.decorators.js';
import { merchantIdOf, type Principal } from '../principal.js';
import { auditActor, Origin, type RequestOrigin } from '../request-origin.js';
import { CustomerErasureResponse, CustomerExportResponse, customerExportResponseOf } from './customer-privacy.dto.js';
import { CustomerPrivacyService } from './customer-privacy.service.js';

/** What the law lets a customer ask of the merchant. */
@ApiTags('admin')
@ApiBearerAuth()
@ApiCookieAuth()
@Controller('api/admin/customers')
export class CustomerPrivacyController {
  constructor(private readonly privacy: CustomerPrivacyService) {}

  /** A copy of everything about a customer. */
  @Get(':id/export')
  @RequireScope('customers:read')
  @RequireStepUp()
  @ApiOkResponse({ type: CustomerExportResponse })
  async export(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Origin() origin: RequestOrigin,
  ): Promise<CustomerExportResponse> {
    return customerExportResponseOf(await this.privacy.export(merchantIdOf(principal), id, auditActor(principal, origin)));
  }

  /** Erases what names or places a customer. */
  @Post(':id/erase')
  @HttpCode(200)
  @RequireScope('customers:erase')
  @RequireStepUp()
  @ApiOkResponse({ type: CustomerErasureResponse })
  async erase(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Origin() origin: RequestOrigin,
  ): Promise<CustomerErasureResponse> {
    const { stripeCustomerId } = await this.privacy.erase(merchantIdOf(principal), id, auditActor(principal, origin));
    return { object: 'customer_erasure', id, stripeCustomerId };
  }
}
