import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { runAsTenant } from '#platform';
import { type AuthenticatedRequest } from '#security';

/** Handlers of a merchant's caller run within the merchant's rows; PostgreSQL holds back all others, whatever a query forgets. */
@Injectable()
export class TenantInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const merchantId = principal?.merchantId ?? null;
    if (merchantId === null) return next.handle();
    return new Observable((subscriber) => runAsTenant(merchantId, () => next.handle().subscribe(subscriber)));
  }
}
