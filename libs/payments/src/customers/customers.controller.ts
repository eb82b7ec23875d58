import { Body, Controller, Get, Headers, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PageQuery } from '#platform';
import { CurrentPrincipal, type Principal, RequireScope } from '#security';
import { IDEMPOTENCY_KEY, send } from '../answers.js';
import { CustomersService } from './customers.service.js';
import { CustomerListResponse, CustomerResponse, customerResponseOf } from '../dto/customer.response.js';
import { CreateCustomerDto, DefaultPaymentMethodDto, SavePaymentMethodDto } from '../dto/customers.dto.js';
import { SavedMethodListResponse, SavedMethodResponse, savedMethodResponseOf } from '../dto/saved-method.response.js';
import { idempotencyKeyOf } from '../idempotency.js';
import { callerOf } from '../payment-caller.js';
import { SavedMethodsService } from '../saved-methods/saved-methods.service.js';

/** Who pays, and the payment methods that they let the merchant keep. */
@ApiTags('customers')
@ApiBearerAuth()
@Controller('api/customers')
export class CustomersController {
  constructor(
    private readonly customers: CustomersService,
    private readonly methods: SavedMethodsService,
  ) {}

  /** The customer with that address, made if need be: the same address is the same customer. */
  @Post()
  @RequireScope('customers:write')
  @ApiCreatedResponse({ type: CustomerResponse })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body() body: CreateCustomerDto,
    @Req() request: FastifyRequest,
  ): Promise<CustomerResponse> {
    return customerResponseOf(await this.customers.getOrCreate(callerOf(principal, request), body.email));
  }

  /** The merchant's customers, newest first. */
  @Get()
  @RequireScope('customers:read')
  @ApiOkResponse({ type: CustomerListResponse })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: PageQuery,
    @Req() request: FastifyRequest,
  ): Promise<CustomerListResponse> {
    const { data, hasMore } = await this.customers.list(callerOf(principal, request), pageOf(query));
    return { object: 'list', data: data.map(customerResponseOf), hasMore };
  }

  /** One customer. */
  @Get(':id')
  @RequireScope('customers:read')
  @ApiOkResponse({ type: CustomerResponse })
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Req() request: FastifyRequest): Promise<CustomerResponse> {
    return customerResponseOf(await this.customers.get(callerOf(principal, request), id));
  }

  /** Saves a payment method for later payments, in the customer's presence. */
  @Post(':id/payment-methods')
  @RequireScope('customers:write')
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiCreatedResponse({ type: SavedMethodResponse, description: '`active`, or `requires_action` with a `nextAction`' })
  @ApiAcceptedResponse({ type: SavedMethodResponse, description: '`pending`: the outcome is not known yet' })
  async save(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: SavePaymentMethodDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    send(reply, await this.methods.save(callerOf(principal, request), idempotencyKeyOf(key), id, body));
  }

  /** The payment methods of a customer, newest first, those that have ended included. */
  @Get(':id/payment-methods')
  @RequireScope('customers:read')
  @ApiOkResponse({ type: SavedMethodListResponse })
  async listMethods(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Query() query: PageQuery,
    @Req() request: FastifyRequest,
  ): Promise<SavedMethodListResponse> {
    const { data, hasMore } = await this.methods.list(callerOf(principal, request), id, pageOf(query));
    return { object: 'list', data: data.map(savedMethodResponseOf), hasMore };
  }

  /** One payment method of a customer. */
  @Get(':id/payment-methods/:methodId')
  @RequireScope('customers:read')
  @ApiOkResponse({ type: SavedMethodResponse })
  async getMethod(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Param('methodId') methodId: string,
    @Req() request: FastifyRequest,
  ): Promise<SavedMethodResponse> {
    return savedMethodResponseOf(await this.methods.get(callerOf(principal, request), id, methodId));
  }

  /** Takes a payment method back; from the answer on it pays no more. */
  @Post(':id/payment-methods/:methodId/detach')
  @HttpCode(200)
  @RequireScope('customers:write')
  @ApiOkResponse({ type: SavedMethodResponse })
  async detach(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Param('methodId') methodId: string,
    @Req() request: FastifyRequest,
  ): Promise<SavedMethodResponse> {
    return savedMethodResponseOf(await this.methods.detach(callerOf(principal, request), id, methodId));
  }

  /** Chooses what the customer pays with when nobody names a method. */
  @Put(':id/default-payment-method')
  @RequireScope('customers:write')
  @ApiOkResponse({ type: SavedMethodResponse })
  async setDefault(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: DefaultPaymentMethodDto,
    @Req() request: FastifyRequest,
  ): Promise<SavedMethodResponse> {
    return savedMethodResponseOf(await this.methods.makeDefault(callerOf(principal, request), id, body.paymentMethod));
  }
}

function pageOf({ limit, startingAfter }: PageQuery): { limit: number; startingAfter: string | null } {
  return { limit, startingAfter: startingAfter ?? null };
}
