import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PageQuery } from '#platform';
import { CurrentPrincipal, merchantIdOf, type Principal, RateLimit, RequireScope } from '#security';
import { DevicesService } from './devices.service.js';
import { DeviceListResponse, DeviceResponse, deviceResponseOf } from './dto/device.response.js';
import { RegisterDeviceDto } from './dto/register-device.dto.js';

/** Devices of a merchant. */
@ApiTags('devices')
@ApiBearerAuth()
@Controller('api/devices')
export class DevicesController {
  constructor(private readonly devices: DevicesService) {}

  /** Registers a device, or rotates the credential of a known one (200). */
  @Post()
  @RateLimit('device_registration')
  @RequireScope('devices:write')
  @ApiCreatedResponse({ type: DeviceResponse })
  async register(
    @CurrentPrincipal() principal: Principal,
    @Body() body: RegisterDeviceDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DeviceResponse> {
    const { device, credential, isNew } = await this.devices.register(principal, body, request.id);
    void reply.status(isNew ? 201 : 200);
    return deviceResponseOf(device, credential);
  }

  /** The merchant's devices, newest first. */
  @Get()
  @RequireScope('devices:read')
  @ApiOkResponse({ type: DeviceListResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() page: PageQuery): Promise<DeviceListResponse> {
    const scope = { merchantId: merchantIdOf(principal), livemode: principal.livemode };
    const { data, hasMore } = await this.devices.list(scope, page.limit, page.startingAfter ?? null);
    return { object: 'list', data: data.map((device) => deviceResponseOf(device)), hasMore };
  }

  /** One device. */
  @Get(':id')
  @RequireScope('devices:read')
  @ApiOkResponse({ type: DeviceResponse })
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<DeviceResponse> {
    return deviceResponseOf(await this.devices.get({ merchantId: merchantIdOf(principal), livemode: principal.livemode }, id, 'id'));
  }

  /** Stops a device until it is activated again. */
  @Post(':id/suspend')
  @HttpCode(200)
  @RequireScope('devices:write')
  @ApiOkResponse({ type: DeviceResponse })
  async suspend(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<DeviceResponse> {
    return deviceResponseOf(await this.devices.suspend(principal, id, request.id));
  }

  /** Lets a suspended device pay again. */
  @Post(':id/activate')
  @HttpCode(200)
  @RequireScope('devices:write')
  @ApiOkResponse({ type: DeviceResponse })
  async activate(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<DeviceResponse> {
    return deviceResponseOf(await this.devices.activate(principal, id, request.id));
  }

  /** Stops a device for ever. */
  @Post(':id/revoke')
  @HttpCode(200)
  @RequireScope('devices:write')
  @ApiOkResponse({ type: DeviceResponse })
  async revoke(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Req() request: FastifyRequest): Promise<DeviceResponse> {
    return deviceResponseOf(await this.devices.revoke(principal, id, request.id));
  }
}
