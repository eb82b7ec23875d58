import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from '#kernel';

/** Offers the machine's {@link Clock} everywhere; a test overrides the provider with a clock that it moves. */
@Global()
@Module({ providers: [{ provide: Clock, useClass: SystemClock }], exports: [Clock] })
export class ClockModule {}
