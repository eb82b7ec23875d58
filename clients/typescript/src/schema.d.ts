// Made from docs/openapi.json by npm run openapi:update; do not edit.

/** The shapes of requests and answers, by the names of the document. */
export interface Schemas {
  AddListEntryDto: {
    readonly kind: "device" | "email" | "email_domain" | "ip" | "cidr" | "card_fingerprint" | "bin" | "customer" | "country";
    readonly value: string;
    readonly reason: string;
    readonly list?: "block" | "review" | "allow";
    readonly expiresAt?: string;
  };
  ApiKeyListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['ApiKeyResponse'])[];
    readonly hasMore: boolean;
  };
  ApiKeyResponse: {
    readonly object: "api_key";
    readonly id: string;
    readonly name: string;
    readonly kind: "secret" | "restricted";
    readonly livemode: boolean;
    readonly last4: string;
    readonly scopes: readonly (string)[];
    readonly allowedCidrs: readonly (string)[];
    readonly expiresAt: string | null;
    readonly revokedAt: string | null;
    readonly lastUsedAt: string | null;
    readonly createdBy: string;
    readonly createdAt: string;
    readonly key?: string;
  };
  AssessmentListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['AssessmentResponse'])[];
    readonly hasMore: boolean;
  };
  AssessmentResponse: {
    readonly id: string;
    readonly object: "assessment";
    readonly paymentId: string;
    readonly score: number;
    readonly level: "low" | "medium" | "high" | "critical";
    readonly decision: "allow" | "review" | "block";
    readonly findings: readonly (Readonly<Record<string, unknown>>)[];
    readonly adjustments: readonly (Readonly<Record<string, unknown>>)[];
    readonly features: Readonly<Record<string, unknown>>;
    readonly ruleSetVersion: string;
    readonly engineVersion: string;
    readonly isFraud: boolean | null;
    readonly createdAt: string;
  };
  AuditListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['AuditRecordResponse'])[];
    readonly hasMore: boolean;
  };
  AuditRecordResponse: {
    readonly object: "audit_record";
    readonly id: string;
    readonly merchantId: string | null;
    readonly actor: string;
    readonly action: string;
    readonly objectId: string | null;
    readonly changes: Readonly<Record<string, unknown>> | null;
    readonly reason: string | null;
    readonly requestId: string | null;
    readonly ip: string | null;
    readonly createdAt: string;
  };
  BrokenLinkResponse: {
    readonly fault: string;
    readonly position: number | null;
    readonly sequence: number | null;
  };
  CancelPaymentDto: {
    readonly reason?: string;
  };
  CancelSubscriptionDto: {
    readonly at?: "now" | "period_end";
  };
  CapturePaymentDto: {
    readonly amount?: number;
    readonly tipAmount?: number;
  };
  ChangePasswordDto: {
    readonly currentPassword: string;
    readonly newPassword: string;
  };
  ChangeProfileDto: {
    readonly overrides: Readonly<Record<string, unknown>>;
    readonly baseVersion: number;
    readonly reason: string;
    readonly dryRun?: boolean;
  };
  ChangeRoleDto: {
    readonly role: "owner" | "admin" | "analyst" | "support" | "auditor" | "developer";
  };
  CloseDisputeDto: {
    readonly reason: string;
  };
  CompellingEvidenceDto: {
    readonly priorPaymentIds: readonly (string)[];
    readonly merchandiseOrServices: "merchandise" | "services";
    readonly productDescription: string;
  };
  CompellingEvidenceResponse: {
    readonly merchandiseOrServices: "merchandise" | "services";
    readonly productDescription: string;
    readonly disputed: Schemas['PayerElementsResponse'];
    readonly prior: readonly (Schemas['PriorPaymentResponse'])[];
  };
  ConfirmPaymentDto: {
    readonly paymentMethod?: string;
    readonly returnUrl?: string;
  };
  CreateApiKeyDto: {
    readonly name: string;
    readonly scopes?: readonly ("payments:read" | "payments:write" | "refunds:write" | "disputes:read" | "disputes:write" | "devices:read" | "devices:write" | "customers:read" | "customers:write" | "customers:erase" | "fraud:read" | "rules:read" | "rules:write" | "reviews:read" | "reviews:decide" | "blacklist:read" | "blacklist:write" | "webhooks:read" | "webhooks:write" | "merchants:read" | "profiles:read" | "profiles:write" | "feature_flags:read" | "feature_flags:write" | "reconciliation:read" | "reconciliation:write" | "api_keys:read" | "incidents:read" | "incidents:write" | "audit:read" | "alerts:read" | "alerts:write" | "metrics:read" | "health:read")[];
    readonly allowedCidrs?: readonly (string)[];
    readonly expiresAt?: string;
  };
  CreateCustomerDto: {
    readonly email: string;
  };
  CreateMerchantDto: {
    readonly name: string;
    readonly country: string;
    readonly timeZone: string;
    readonly defaultBusinessType: "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot";
    readonly enabledBusinessTypes?: readonly ("retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot")[];
  };
  CreatePaymentDto: {
    readonly amount?: number;
    readonly currency?: string;
    readonly input?: {
      readonly kind?: "nfc_tap" | "qr_scan" | "voice_command" | "sensor_trigger" | "controller_input" | "manual_entry";
      readonly [member: string]: unknown;
    };
    readonly deviceId: string;
    readonly deviceFingerprint?: string;
    readonly paymentMethod: string;
    readonly offSession?: boolean;
    readonly method?: "card" | "mobile_wallet" | "nfc" | "qr" | "biometric" | "voice";
    readonly businessType?: "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot";
    readonly captureMethod?: "automatic" | "manual";
    readonly tipAmount?: number;
    readonly taxAmount?: number;
    readonly customerEmail?: string;
    readonly customerId?: string;
    readonly minimumAge?: number;
    readonly verifiedAge?: number;
    readonly description?: string;
    readonly location?: Schemas['LocationDto'];
    readonly metadata?: Readonly<Record<string, string>>;
    readonly returnUrl?: string;
  };
  CreateRuleSetDto: {
    readonly businessType: "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot";
    readonly document: Readonly<Record<string, unknown>>;
    readonly comment: string;
    readonly mode?: "draft" | "shadow";
  };
  CreateSubscriptionDto: {
    readonly customerId: string;
    readonly deviceId: string;
    readonly plan: string;
    readonly amount: number;
    readonly currency: string;
    readonly interval: Schemas['IntervalDto'];
    readonly paymentMethod?: string;
    readonly returnUrl?: string;
    readonly description?: string;
    readonly metadata?: Readonly<Record<string, string>>;
  };
  CreateUserDto: {
    readonly email: string;
    readonly role: "owner" | "admin" | "analyst" | "support" | "auditor" | "developer";
    readonly merchantId?: string;
  };
  CreateWebhookEndpointDto: {
    readonly url: string;
    readonly eventTypes?: readonly (string)[];
    readonly description?: string;
  };
  CustomerErasureResponse: {
    readonly object: "customer_erasure";
    readonly id: string;
    readonly stripeCustomerId: string | null;
  };
  CustomerExportResponse: {
    readonly object: "customer_export";
    readonly id: string;
    readonly email: string | null;
    readonly stripeCustomerId: string | null;
    readonly createdAt: string;
    readonly erasedAt: string | null;
    readonly records: Readonly<Record<string, readonly (Readonly<Record<string, unknown>>)[]>>;
    readonly cutTables: readonly (string)[];
    readonly events: readonly (Schemas['ExportedEventResponse'])[];
  };
  CustomerListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['CustomerResponse'])[];
    readonly hasMore: boolean;
  };
  CustomerResponse: {
    readonly id: string;
    readonly object: "customer";
    readonly defaultPaymentMethod: string | null;
    readonly livemode: boolean;
    readonly createdAt: string;
  };
  DefaultPaymentMethodDto: {
    readonly paymentMethod: string;
  };
  DeviceListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['DeviceResponse'])[];
    readonly hasMore: boolean;
  };
  DeviceResponse: {
    readonly id: string;
    readonly object: "device";
    readonly type: "smartphone" | "tablet" | "smart_tv" | "iot_device" | "voice_assistant" | "gaming_console" | "pos_terminal" | "kiosk" | "web_browser" | "vehicle";
    readonly status: "active" | "suspended" | "revoked";
    readonly name: string | null;
    readonly capabilities: readonly (string)[];
    readonly businessType: string | null;
    readonly authorisedForAutomatedPayments: boolean;
    readonly location: Schemas['LocationDto'] | null;
    readonly country: string | null;
    readonly livemode: boolean;
    readonly createdAt: string;
    readonly credential?: string;
  };
  DisputeAnswerResponse: {
    readonly act: "submit" | "close";
    readonly state: "sending" | "done";
    readonly by: string;
    readonly at: string;
  };
  DisputeEvidenceResponse: {
    readonly object: "dispute_evidence";
    readonly disputeId: string;
    readonly evidenceVersion: number;
    readonly isStaged: boolean;
    readonly fields: Schemas['EvidenceFieldsDto'];
    readonly compelling: Schemas['CompellingEvidenceResponse'] | null;
    readonly length: number;
    readonly lengthLimit: number;
  };
  DisputeListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['DisputeResponse'])[];
    readonly hasMore: boolean;
  };
  DisputeMovementListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['DisputeMovementResponse'])[];
    readonly hasMore: boolean;
  };
  DisputeMovementResponse: {
    readonly kind: "withdrawn" | "reinstated";
    readonly amount: number;
    readonly fee: number;
    readonly currency: string;
    readonly bookedAt: string;
  };
  DisputeResponse: {
    readonly id: string;
    readonly object: "dispute";
    readonly paymentId: string;
    readonly status: "warning_needs_response" | "warning_under_review" | "warning_closed" | "needs_response" | "under_review" | "won" | "lost" | "prevented";
    readonly reason: string;
    readonly networkReasonCode: string | null;
    readonly amount: number;
    readonly currency: string;
    readonly isAppeal: boolean;
    readonly areFundsWithdrawn: boolean;
    readonly isChargeRefundable: boolean;
    readonly evidenceDueBy: string | null;
    readonly hasEvidence: boolean;
    readonly submissionCount: number;
    readonly evidenceVersion: number;
    readonly isEvidenceStaged: boolean;
    readonly enhancedEligibility: readonly (string)[];
    readonly answer: Schemas['DisputeAnswerResponse'] | null;
    readonly answerError: string | null;
    readonly stripeDisputeId: string;
    readonly livemode: boolean;
    readonly createdAt: string;
    readonly updatedAt: string;
  };
  EvidenceFieldsDto: {
    readonly accessActivityLog?: string | null;
    readonly billingAddress?: string | null;
    readonly cancellationPolicy?: string | null;
    readonly cancellationPolicyDisclosure?: string | null;
    readonly cancellationRebuttal?: string | null;
    readonly customerCommunication?: string | null;
    readonly customerEmailAddress?: string | null;
    readonly customerName?: string | null;
    readonly customerPurchaseIp?: string | null;
    readonly customerSignature?: string | null;
    readonly duplicateChargeDocumentation?: string | null;
    readonly duplicateChargeExplanation?: string | null;
    readonly duplicateChargeId?: string | null;
    readonly productDescription?: string | null;
    readonly receipt?: string | null;
    readonly refundPolicy?: string | null;
    readonly refundPolicyDisclosure?: string | null;
    readonly refundRefusalExplanation?: string | null;
    readonly serviceDate?: string | null;
    readonly serviceDocumentation?: string | null;
    readonly shippingAddress?: string | null;
    readonly shippingCarrier?: string | null;
    readonly shippingDate?: string | null;
    readonly shippingDocumentation?: string | null;
    readonly shippingTrackingNumber?: string | null;
    readonly uncategorizedFile?: string | null;
    readonly uncategorizedText?: string | null;
  };
  ExportedEventResponse: {
    readonly type: string;
    readonly receivedAt: string;
    readonly personalData: Readonly<Record<string, unknown>>;
  };
  FirstSecretsResponse: {
    readonly id: string;
    readonly password: string;
    readonly totpSecret: string;
    readonly recoveryCodes: readonly (string)[];
  };
  ImportListDto: {
    readonly csv: string;
    readonly dryRun?: boolean;
  };
  IncidentListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['IncidentResponse'])[];
    readonly hasMore: boolean;
  };
  IncidentResponse: {
    readonly object: "security_incident";
    readonly id: string;
    readonly type: string;
    readonly severity: "low" | "medium" | "high" | "critical";
    readonly merchantId: string | null;
    readonly subject: string | null;
    readonly ip: string | null;
    readonly userAgent: string | null;
    readonly details: Readonly<Record<string, unknown>>;
    readonly blockedUntil: string | null;
    readonly count: number;
    readonly firstSeenAt: string;
    readonly lastSeenAt: string;
    readonly acknowledgedAt: string | null;
    readonly acknowledgedBy: string | null;
  };
  IntervalDto: {
    readonly unit: "day" | "week" | "month" | "year";
    readonly count?: number;
  };
  IntervalResponse: {
    readonly unit: "day" | "week" | "month" | "year";
    readonly count: number;
  };
  LimitResponse: {
    readonly name: "device_payment_count" | "device_daily_amount" | "device_monthly_amount" | "customer_daily_amount" | "customer_monthly_amount";
    readonly businessType: "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot";
    readonly currency: string | null;
    readonly limit: number;
    readonly reserved: number;
    readonly used: number;
    readonly remaining: number;
    readonly windowStartsAt: string;
    readonly windowEndsAt: string | null;
  };
  LimitsResponse: {
    readonly object: "limits";
    readonly subject: string;
    readonly data: readonly (Schemas['LimitResponse'])[];
  };
  ListEntriesResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['ListEntryResponse'])[];
    readonly hasMore: boolean;
  };
  ListEntryResponse: {
    readonly id: string;
    readonly object: "blacklist_entry";
    readonly list: "block" | "review" | "allow";
    readonly kind: "device" | "email" | "email_domain" | "ip" | "cidr" | "card_fingerprint" | "bin" | "customer" | "country";
    readonly value: string;
    readonly reason: string;
    readonly source: "manual" | "rule" | "dispute" | "rate_limit";
    readonly createdBy: string;
    readonly createdAt: string;
    readonly expiresAt: string | null;
    readonly hitCount: number;
    readonly lastHitAt: string | null;
  };
  LocationDto: {
    readonly latitude: number;
    readonly longitude: number;
  };
  LoginDto: {
    readonly email: string;
    readonly password: string;
    readonly totp?: string;
  };
  MeResponse: {
    readonly object: "user";
    readonly id: string;
    readonly email: string;
    readonly role: "owner" | "admin" | "analyst" | "support" | "auditor" | "developer";
    readonly merchantId: string | null;
    readonly scopes: readonly ("payments:read" | "payments:write" | "payments:create_own" | "payments:read_own" | "refunds:write" | "disputes:read" | "disputes:write" | "devices:read" | "devices:write" | "customers:read" | "customers:write" | "customers:erase" | "fraud:read" | "rules:read" | "rules:write" | "reviews:read" | "reviews:decide" | "blacklist:read" | "blacklist:write" | "webhooks:read" | "webhooks:write" | "merchants:read" | "merchants:write" | "profiles:read" | "profiles:write" | "feature_flags:read" | "feature_flags:write" | "reconciliation:read" | "reconciliation:write" | "api_keys:read" | "api_keys:write" | "users:read" | "users:write" | "incidents:read" | "incidents:write" | "audit:read" | "alerts:read" | "alerts:write" | "operations:read" | "operations:write" | "metrics:read" | "health:read")[];
    readonly steppedUpAt: string | null;
  };
  MerchantEventData: {
    readonly object: Readonly<Record<string, unknown>>;
    readonly previous: Readonly<Record<string, unknown>>;
  };
  MerchantEventListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['MerchantEventResponse'])[];
    readonly hasMore: boolean;
  };
  MerchantEventResponse: {
    readonly id: string;
    readonly object: "event";
    readonly type: string;
    readonly sequence: number;
    readonly livemode: boolean;
    readonly createdAt: string;
    readonly data: Schemas['MerchantEventData'];
  };
  MerchantListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['MerchantResponse'])[];
    readonly hasMore: boolean;
  };
  MerchantResponse: {
    readonly id: string;
    readonly object: "merchant";
    readonly name: string;
    readonly status: "active" | "suspended";
    readonly country: string;
    readonly timeZone: string;
    readonly defaultBusinessType: "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot";
    readonly enabledBusinessTypes: readonly ("retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot")[];
    readonly createdAt: string;
    readonly updatedAt: string;
  };
  NextActionResponse: {
    readonly type: string;
    readonly url: string | null;
    readonly details: Readonly<Record<string, unknown>>;
  };
  PayerElementsResponse: {
    readonly customerEmailAddress: string | null;
    readonly customerDeviceId: string | null;
    readonly customerDeviceFingerprint: string | null;
    readonly customerPurchaseIp: string | null;
  };
  PaymentListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['PaymentResponse'])[];
    readonly hasMore: boolean;
  };
  PaymentResponse: {
    readonly id: string;
    readonly object: "payment";
    readonly status: string;
    readonly amount: number;
    readonly tipAmount: number;
    readonly taxAmount: number;
    readonly currency: string;
    readonly amountCapturable: number;
    readonly amountReceived: number;
    readonly amountRefunded: number;
    readonly deviceId: string;
    readonly customerId: string | null;
    readonly businessType: string;
    readonly method: string;
    readonly risk: Schemas['RiskResponse'];
    readonly outcomeCertainty: "known" | "unknown";
    readonly nextAction: Schemas['NextActionResponse'] | null;
    readonly captureBefore: string | null;
    readonly accumulatedInto: string | null;
    readonly stripePaymentIntentId: string | null;
    readonly livemode: boolean;
    readonly createdAt: string;
    readonly updatedAt: string;
    readonly metadata: Readonly<Record<string, string>>;
    readonly presentation?: readonly ({
      readonly kind: "speech" | "signal" | "screen" | "haptic" | "receipt";
      readonly [member: string]: unknown;
    })[];
    readonly device?: Schemas['DeviceResponse'];
    readonly customer?: Schemas['CustomerResponse'] | null;
    readonly refunds?: Schemas['RefundListResponse'];
  };
  PeriodResponse: {
    readonly index: number;
    readonly startsAt: string;
    readonly endsAt: string;
  };
  PriorPaymentResponse: {
    readonly customerEmailAddress: string | null;
    readonly customerDeviceId: string | null;
    readonly customerDeviceFingerprint: string | null;
    readonly customerPurchaseIp: string | null;
    readonly paymentId: string;
    readonly stripeChargeId: string;
    readonly productDescription: string;
  };
  Problem: {
    readonly type: string;
    readonly title: string;
    readonly status: number;
    readonly detail: string;
    readonly code: string;
    readonly param?: string;
    readonly advice: "retry" | "fix" | "contact_issuer" | "do_not_retry";
    readonly requestId: string;
  };
  ProfileDifferenceResponse: {
    readonly path: string;
    readonly before?: Readonly<Record<string, unknown>> | null;
    readonly after?: Readonly<Record<string, unknown>> | null;
  };
  ProfileHistoryResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['ProfileVersionResponse'])[];
    readonly hasMore: boolean;
  };
  ProfileListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['ProfileResponse'])[];
    readonly hasMore: boolean;
  };
  ProfileResponse: {
    readonly object: "profile";
    readonly businessType: "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot";
    readonly version: number;
    readonly profile: Readonly<Record<string, unknown>>;
    readonly changes?: readonly (Schemas['ProfileDifferenceResponse'])[];
  };
  ProfileVersionResponse: {
    readonly version: number;
    readonly overrides: Readonly<Record<string, unknown>>;
    readonly createdBy: string;
    readonly createdAt: string;
    readonly changes: readonly (Schemas['ProfileDifferenceResponse'])[];
  };
  PutFeatureFlagDto: {

  };
  RateLimitListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['RateLimitResponse'])[];
    readonly hasMore: boolean;
  };
  RateLimitResponse: {
    readonly object: "rate_limit";
    readonly name: "payments" | "payments_gaming" | "payments_iot" | "payments_service" | "device_registration";
    readonly limit: number;
    readonly windowSeconds: number;
    readonly source: "deployment" | "merchant";
    readonly updatedBy: string | null;
    readonly updatedAt: string | null;
  };
  RecoveryCodesResponse: {
    readonly recoveryCodes: readonly (string)[];
  };
  RedeliverSinceDto: {
    readonly since: string;
  };
  RefundListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['RefundResponse'])[];
    readonly hasMore: boolean;
  };
  RefundPaymentDto: {
    readonly amount?: number;
    readonly reason?: "duplicate" | "fraudulent" | "requested_by_customer";
    readonly force?: boolean;
  };
  RefundResponse: {
    readonly id: string;
    readonly object: "refund";
    readonly paymentId: string;
    readonly status: "pending" | "requires_action" | "succeeded" | "failed" | "canceled";
    readonly amount: number;
    readonly currency: string;
    readonly reason: string | null;
    readonly failureReason: string | null;
    readonly outcomeCertainty: "known" | "unknown";
    readonly stripeRefundId: string | null;
    readonly livemode: boolean;
    readonly createdAt: string;
  };
  RegisterDeviceDto: {
    readonly type: "smartphone" | "tablet" | "smart_tv" | "iot_device" | "voice_assistant" | "gaming_console" | "pos_terminal" | "kiosk" | "web_browser" | "vehicle";
    readonly fingerprint: string;
    readonly capabilities: readonly (string)[];
    readonly name?: string;
    readonly location?: Schemas['LocationDto'];
    readonly country?: string;
    readonly businessType?: "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot";
    readonly authorisedForAutomatedPayments?: boolean;
  };
  RepairBreakDto: {
    readonly dryRun: boolean;
    readonly reason: string;
  };
  ReplayResponse: {
    readonly assessmentId: string;
    readonly storedScore: number;
    readonly score: number;
    readonly isEqual: boolean;
    readonly decision: "allow" | "review" | "block";
    readonly ruleSetVersion: string;
    readonly findings: readonly (Readonly<Record<string, unknown>>)[];
  };
  ReplayWebhookEventDto: {
    readonly reason: string;
  };
  ReplayWebhookEventsDto: {
    readonly reason: string;
    readonly filter: Schemas['WebhookEventFilterDto'];
    readonly dryRun: boolean;
  };
  ReviewListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['ReviewResponse'])[];
    readonly hasMore: boolean;
  };
  ReviewReasonDto: {
    readonly reason: string;
  };
  ReviewResponse: {
    readonly id: string;
    readonly object: "review";
    readonly paymentId: string;
    readonly assessmentId: string | null;
    readonly stage: "before_payment" | "after_payment";
    readonly open: boolean;
    readonly openedReason: string;
    readonly closedReason: string | null;
    readonly score: number | null;
    readonly amount: number;
    readonly currency: string;
    readonly businessType: string;
    readonly expiresAt: string;
    readonly onExpiry: "approve" | "cancel" | "acknowledge";
    readonly claimedBy: string | null;
    readonly claimedUntil: string | null;
    readonly snoozedUntil: string | null;
    readonly escalated: boolean;
    readonly firstApprovedBy: string | null;
    readonly closedBy: string | null;
    readonly closedAt: string | null;
    readonly note: string | null;
    readonly carriedOut: boolean;
    readonly createdAt: string;
  };
  RiskResponse: {
    readonly score: number | null;
    readonly level: "low" | "medium" | "high" | "critical" | null;
    readonly decision: "allow" | "review" | "block" | null;
  };
  RotateApiKeyDto: {
    readonly overlapHours?: number;
  };
  RotateWebhookSecretDto: {
    readonly overlapHours?: number;
  };
  RuleSetListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['RuleSetResponse'])[];
    readonly default: Readonly<Record<string, unknown>>;
    readonly hasMore: boolean;
  };
  RuleSetModeDto: {
    readonly mode: "draft" | "shadow" | "live" | "off";
  };
  RuleSetResponse: {
    readonly object: "rule_set";
    readonly businessType: "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot";
    readonly version: number;
    readonly mode: "draft" | "shadow" | "live" | "off";
    readonly content: Readonly<Record<string, unknown>>;
    readonly comment: string;
    readonly createdBy: string;
    readonly createdAt: string;
  };
  SavePaymentMethodDto: {
    readonly paymentMethod: string;
    readonly usage?: "on_session" | "off_session";
    readonly makeDefault?: boolean;
    readonly returnUrl?: string;
  };
  SavedCardResponse: {
    readonly brand: string;
    readonly last4: string;
    readonly expMonth: number;
    readonly expYear: number;
    readonly funding: string;
    readonly country: string | null;
  };
  SavedMethodListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['SavedMethodResponse'])[];
    readonly hasMore: boolean;
  };
  SavedMethodResponse: {
    readonly id: string;
    readonly object: "payment_method";
    readonly status: "pending" | "requires_action" | "active" | "failed" | "detached";
    readonly customerId: string;
    readonly usage: "on_session" | "off_session";
    readonly type: string | null;
    readonly card: Schemas['SavedCardResponse'] | null;
    readonly isDefault: boolean;
    readonly nextAction: Schemas['NextActionResponse'] | null;
    readonly livemode: boolean;
    readonly createdAt: string;
    readonly updatedAt: string;
  };
  SetLimitDto: {
    readonly currency: string;
    readonly dailyAmount: number | null;
  };
  SetRateLimitDto: {
    readonly limit: number;
  };
  SnoozeReviewDto: {
    readonly until: string;
  };
  StageEvidenceDto: {
    readonly fields?: Schemas['EvidenceFieldsDto'];
    readonly compelling?: Schemas['CompellingEvidenceDto'] | null;
    readonly evidenceVersion?: number;
  };
  StartRunDto: {
    readonly day: string;
  };
  SubmitEvidenceDto: {
    readonly evidenceVersion: number;
  };
  SubscriptionEventResponse: {
    readonly sequence: number;
    readonly type: string;
    readonly status: "incomplete" | "active" | "past_due" | "paused" | "canceled";
    readonly details: Readonly<Record<string, unknown>>;
    readonly at: string;
  };
  SubscriptionListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['SubscriptionResponse'])[];
    readonly hasMore: boolean;
  };
  SubscriptionPaymentMethodDto: {
    readonly paymentMethod: string;
  };
  SubscriptionResponse: {
    readonly id: string;
    readonly object: "subscription";
    readonly status: "incomplete" | "active" | "past_due" | "paused" | "canceled";
    readonly customerId: string;
    readonly deviceId: string;
    readonly paymentMethod: string;
    readonly plan: string;
    readonly amount: number;
    readonly currency: string;
    readonly interval: Schemas['IntervalResponse'];
    readonly currentPeriod: Schemas['PeriodResponse'];
    readonly renewsAt: string | null;
    readonly cancelAtPeriodEnd: boolean;
    readonly canceledAt: string | null;
    readonly cancelReason: string | null;
    readonly description: string | null;
    readonly metadata: Readonly<Record<string, string>>;
    readonly livemode: boolean;
    readonly createdAt: string;
    readonly updatedAt: string;
    readonly latestPayment?: Schemas['PaymentResponse'] | null;
  };
  SubscriptionTimelineResponse: {
    readonly object: "timeline";
    readonly subscriptionId: string;
    readonly data: readonly (Schemas['SubscriptionEventResponse'])[];
  };
  TimelineEntry: {
    readonly kind: "attempt" | "change" | "dispute" | "fraud_warning";
    readonly at: string;
    readonly sequence: number | null;
    readonly details: Readonly<Record<string, unknown>>;
  };
  TimelineResponse: {
    readonly object: "timeline";
    readonly paymentId: string;
    readonly data: readonly (Schemas['TimelineEntry'])[];
  };
  TotpDto: {
    readonly totp: string;
  };
  TotpSecretResponse: {
    readonly totpSecret: string;
    readonly uri: string;
  };
  UpdateMerchantDto: {
    readonly name?: string;
    readonly timeZone?: string;
    readonly defaultBusinessType?: "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot";
    readonly enabledBusinessTypes?: readonly ("retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot")[];
    readonly status?: "active" | "suspended";
  };
  UserListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['UserResponse'])[];
    readonly hasMore: boolean;
  };
  UserResponse: {
    readonly object: "user";
    readonly id: string;
    readonly email: string;
    readonly role: "owner" | "admin" | "analyst" | "support" | "auditor" | "developer";
    readonly status: "active" | "disabled";
    readonly merchantId: string | null;
    readonly hasTotp: boolean;
    readonly createdAt: string;
  };
  VerificationResponse: {
    readonly object: "audit_verification";
    readonly isIntact: boolean;
    readonly firstBroken: Schemas['BrokenLinkResponse'] | null;
    readonly checkedLinks: number;
    readonly checkedCheckpoints: number;
    readonly nextPosition: number | null;
    readonly publicKey: string;
  };
  WebhookDeliveryListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['WebhookDeliveryResponse'])[];
    readonly hasMore: boolean;
  };
  WebhookDeliveryResponse: {
    readonly id: string;
    readonly object: "webhook_delivery";
    readonly endpointId: string;
    readonly eventId: string;
    readonly type: string;
    readonly status: "pending" | "succeeded" | "failed" | "canceled";
    readonly attempts: number;
    readonly nextAttemptAt: string | null;
    readonly createdAt: string;
    readonly attemptLog?: readonly (Readonly<Record<string, unknown>>)[];
  };
  WebhookEndpointListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['WebhookEndpointResponse'])[];
    readonly hasMore: boolean;
  };
  WebhookEndpointResponse: {
    readonly id: string;
    readonly object: "webhook_endpoint";
    readonly url: string;
    readonly eventTypes: readonly (string)[];
    readonly status: "enabled" | "disabled";
    readonly disabledReason: "by_request" | "gone" | "failing" | null;
    readonly description: string | null;
    readonly livemode: boolean;
    readonly createdAt: string;
    readonly secret?: string;
  };
  WebhookEventDetailResponse: {
    readonly id: string;
    readonly object: "webhook_event";
    readonly stripeEventId: string;
    readonly type: string;
    readonly status: "received" | "processing" | "processed" | "ignored" | "waiting" | "failed" | "dead";
    readonly account: string | null;
    readonly livemode: boolean;
    readonly apiVersion: string | null;
    readonly objectId: string | null;
    readonly paymentId: string | null;
    readonly source: "delivery" | "backfill";
    readonly attempts: number;
    readonly detail: string | null;
    readonly nextAttemptAt: string | null;
    readonly stripeCreatedAt: string;
    readonly receivedAt: string;
    readonly raw: string;
    readonly payload: Readonly<Record<string, unknown>> | null;
    readonly attemptLog: readonly (Readonly<Record<string, unknown>>)[];
    readonly effects: readonly (Readonly<Record<string, unknown>>)[];
  };
  WebhookEventFilterDto: {
    readonly status?: "received" | "processing" | "processed" | "ignored" | "waiting" | "failed" | "dead";
    readonly type?: string;
    readonly objectId?: string;
    readonly receivedAfter?: string;
    readonly receivedBefore?: string;
  };
  WebhookEventListResponse: {
    readonly object: "list";
    readonly data: readonly (Schemas['WebhookEventResponse'])[];
    readonly hasMore: boolean;
  };
  WebhookEventResponse: {
    readonly id: string;
    readonly object: "webhook_event";
    readonly stripeEventId: string;
    readonly type: string;
    readonly status: "received" | "processing" | "processed" | "ignored" | "waiting" | "failed" | "dead";
    readonly account: string | null;
    readonly livemode: boolean;
    readonly apiVersion: string | null;
    readonly objectId: string | null;
    readonly paymentId: string | null;
    readonly source: "delivery" | "backfill";
    readonly attempts: number;
    readonly detail: string | null;
    readonly nextAttemptAt: string | null;
    readonly stripeCreatedAt: string;
    readonly receivedAt: string;
  };
  WebhookReplayResponse: {
    readonly object: "webhook_replay";
    readonly dryRun: boolean;
    readonly replayed: number;
    readonly hasMore: boolean;
    readonly changes: readonly (Readonly<Record<string, unknown>>)[];
  };
}

/** Every route: what it takes and what it answers when it succeeds. */
export interface Operations {
  'DELETE /api/admin/blacklist/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['ListEntryResponse'] };
  'DELETE /api/admin/feature-flags/{name}': { path: { 'name': string }; query: undefined; body: undefined; answer: undefined };
  'DELETE /api/admin/rate-limits/{name}': { path: { 'name': string }; query: undefined; body: undefined; answer: Schemas['RateLimitListResponse'] };
  'GET /api/admin/alerts': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /api/admin/api-keys': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string }; body: undefined; answer: Schemas['ApiKeyListResponse'] };
  'GET /api/admin/audit': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'objectId'?: string; 'action'?: string }; body: undefined; answer: Schemas['AuditListResponse'] };
  'GET /api/admin/audit/verify': { path: undefined; query: { 'from'?: number }; body: undefined; answer: Schemas['VerificationResponse'] };
  'GET /api/admin/blacklist': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'list'?: "block" | "review" | "allow"; 'kind'?: "device" | "email" | "email_domain" | "ip" | "cidr" | "card_fingerprint" | "bin" | "customer" | "country" }; body: undefined; answer: Schemas['ListEntriesResponse'] };
  'GET /api/admin/customers/{id}/export': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['CustomerExportResponse'] };
  'GET /api/admin/feature-flags': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /api/admin/fraud/assessments': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'paymentId'?: string; 'decision'?: "allow" | "review" | "block" }; body: undefined; answer: Schemas['AssessmentListResponse'] };
  'GET /api/admin/fraud/assessments/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['AssessmentResponse'] };
  'GET /api/admin/merchants': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string }; body: undefined; answer: Schemas['MerchantListResponse'] };
  'GET /api/admin/merchants/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['MerchantResponse'] };
  'GET /api/admin/profiles': { path: undefined; query: undefined; body: undefined; answer: Schemas['ProfileListResponse'] };
  'GET /api/admin/profiles/{businessType}': { path: { 'businessType': "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot" }; query: undefined; body: undefined; answer: Schemas['ProfileResponse'] };
  'GET /api/admin/profiles/{businessType}/versions': { path: { 'businessType': "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot" }; query: undefined; body: undefined; answer: Schemas['ProfileHistoryResponse'] };
  'GET /api/admin/rate-limits': { path: undefined; query: undefined; body: undefined; answer: Schemas['RateLimitListResponse'] };
  'GET /api/admin/reconciliation': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /api/admin/reconciliation/breaks': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'kind'?: "missing_here" | "missing_there" | "over" | "under" | "currency_mismatch" | "state_mismatch" | "fee_only" | "foreign"; 'status'?: "open" | "resolved"; 'runId'?: string }; body: undefined; answer: undefined };
  'GET /api/admin/reconciliation/payouts': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'status'?: "pending" | "in_transit" | "paid" | "failed" | "canceled" }; body: undefined; answer: undefined };
  'GET /api/admin/reconciliation/runs': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string }; body: undefined; answer: undefined };
  'GET /api/admin/reconciliation/runs/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: undefined };
  'GET /api/admin/reviews': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'status'?: "open" | "snoozed" | "closed" }; body: undefined; answer: Schemas['ReviewListResponse'] };
  'GET /api/admin/reviews/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['ReviewResponse'] };
  'GET /api/admin/rules': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'businessType': "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot" }; body: undefined; answer: Schemas['RuleSetListResponse'] };
  'GET /api/admin/rules/{businessType}/{version}/shadow-report': { path: { 'businessType': string; 'version': string }; query: { 'days'?: number }; body: undefined; answer: undefined };
  'GET /api/admin/security-incidents': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'status'?: "open" | "acknowledged" }; body: undefined; answer: Schemas['IncidentListResponse'] };
  'GET /api/admin/users': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string }; body: undefined; answer: Schemas['UserListResponse'] };
  'GET /api/admin/webhook-events': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'status'?: "received" | "processing" | "processed" | "ignored" | "waiting" | "failed" | "dead"; 'type'?: string; 'objectId'?: string; 'receivedAfter'?: string; 'receivedBefore'?: string }; body: undefined; answer: Schemas['WebhookEventListResponse'] };
  'GET /api/admin/webhook-events/lag': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /api/admin/webhook-events/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['WebhookEventDetailResponse'] };
  'GET /api/auth/me': { path: undefined; query: undefined; body: undefined; answer: Schemas['MeResponse'] };
  'GET /api/customers': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string }; body: undefined; answer: Schemas['CustomerListResponse'] };
  'GET /api/customers/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['CustomerResponse'] };
  'GET /api/customers/{id}/payment-methods': { path: { 'id': string }; query: { 'limit'?: number; 'startingAfter'?: string }; body: undefined; answer: Schemas['SavedMethodListResponse'] };
  'GET /api/customers/{id}/payment-methods/{methodId}': { path: { 'id': string; 'methodId': string }; query: undefined; body: undefined; answer: Schemas['SavedMethodResponse'] };
  'GET /api/devices': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string }; body: undefined; answer: Schemas['DeviceListResponse'] };
  'GET /api/devices/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['DeviceResponse'] };
  'GET /api/disputes': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'status'?: "warning_needs_response" | "warning_under_review" | "warning_closed" | "needs_response" | "under_review" | "won" | "lost" | "prevented"; 'paymentId'?: string }; body: undefined; answer: Schemas['DisputeListResponse'] };
  'GET /api/disputes/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['DisputeResponse'] };
  'GET /api/disputes/{id}/evidence': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['DisputeEvidenceResponse'] };
  'GET /api/disputes/{id}/movements': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['DisputeMovementListResponse'] };
  'GET /api/events': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'after'?: string }; body: undefined; answer: Schemas['MerchantEventListResponse'] };
  'GET /api/events/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['MerchantEventResponse'] };
  'GET /api/limits/{subject}': { path: { 'subject': string }; query: undefined; body: undefined; answer: Schemas['LimitsResponse'] };
  'GET /api/payments': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'status'?: "accumulating" | "in_review" | "requires_payment_method" | "requires_confirmation" | "requires_action" | "processing" | "requires_capture" | "blocked" | "canceled" | "succeeded" }; body: undefined; answer: Schemas['PaymentListResponse'] };
  'GET /api/payments/{id}': { path: { 'id': string }; query: { 'expand[]'?: readonly ("customer" | "device" | "refunds")[] }; body: undefined; answer: Schemas['PaymentResponse'] };
  'GET /api/payments/{id}/refunds': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['RefundListResponse'] };
  'GET /api/payments/{id}/timeline': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['TimelineResponse'] };
  'GET /api/subscriptions': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'customerId'?: string; 'status'?: "incomplete" | "active" | "past_due" | "paused" | "canceled" }; body: undefined; answer: Schemas['SubscriptionListResponse'] };
  'GET /api/subscriptions/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['SubscriptionResponse'] };
  'GET /api/subscriptions/{id}/timeline': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['SubscriptionTimelineResponse'] };
  'GET /api/webhook-deliveries': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string; 'endpointId'?: string; 'status'?: "pending" | "succeeded" | "failed" | "canceled" }; body: undefined; answer: Schemas['WebhookDeliveryListResponse'] };
  'GET /api/webhook-deliveries/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['WebhookDeliveryResponse'] };
  'GET /api/webhook-endpoints': { path: undefined; query: { 'limit'?: number; 'startingAfter'?: string }; body: undefined; answer: Schemas['WebhookEndpointListResponse'] };
  'GET /api/webhook-endpoints/{id}': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['WebhookEndpointResponse'] };
  'GET /health': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /livez': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /metrics': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /metrics/prometheus': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /ping': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /readyz': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'GET /startupz': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'PATCH /api/admin/merchants/{id}': { path: { 'id': string }; query: undefined; body: Schemas['UpdateMerchantDto']; answer: Schemas['MerchantResponse'] };
  'PATCH /api/admin/users/{id}': { path: { 'id': string }; query: undefined; body: Schemas['ChangeRoleDto']; answer: Schemas['UserResponse'] };
  'POST /api/admin/alerts/{id}/acknowledge': { path: { 'id': string }; query: undefined; body: undefined; answer: undefined };
  'POST /api/admin/api-keys': { path: undefined; query: undefined; body: Schemas['CreateApiKeyDto']; answer: Schemas['ApiKeyResponse'] };
  'POST /api/admin/api-keys/{id}/revoke': { path: { 'id': string }; query: undefined; body: undefined; answer: undefined };
  'POST /api/admin/api-keys/{id}/rotate': { path: { 'id': string }; query: undefined; body: Schemas['RotateApiKeyDto']; answer: Schemas['ApiKeyResponse'] };
  'POST /api/admin/blacklist': { path: undefined; query: undefined; body: Schemas['AddListEntryDto']; answer: Schemas['ListEntryResponse'] };
  'POST /api/admin/blacklist/import': { path: undefined; query: undefined; body: Schemas['ImportListDto']; answer: undefined };
  'POST /api/admin/customers/{id}/erase': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['CustomerErasureResponse'] };
  'POST /api/admin/fraud/assessments/{id}/replay': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['ReplayResponse'] };
  'POST /api/admin/merchants': { path: undefined; query: undefined; body: Schemas['CreateMerchantDto']; answer: Schemas['MerchantResponse'] };
  'POST /api/admin/reconciliation/breaks/{id}/repair': { path: { 'id': string }; query: undefined; body: Schemas['RepairBreakDto']; answer: undefined };
  'POST /api/admin/reconciliation/runs': { path: undefined; query: undefined; body: Schemas['StartRunDto']; answer: undefined };
  'POST /api/admin/reviews/{id}/approve': { path: { 'id': string }; query: undefined; body: Schemas['ReviewReasonDto']; answer: Schemas['ReviewResponse'] };
  'POST /api/admin/reviews/{id}/claim': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['ReviewResponse'] };
  'POST /api/admin/reviews/{id}/escalate': { path: { 'id': string }; query: undefined; body: Schemas['ReviewReasonDto']; answer: Schemas['ReviewResponse'] };
  'POST /api/admin/reviews/{id}/refund': { path: { 'id': string }; query: undefined; body: Schemas['ReviewReasonDto']; answer: Schemas['ReviewResponse'] };
  'POST /api/admin/reviews/{id}/refund_as_fraud': { path: { 'id': string }; query: undefined; body: Schemas['ReviewReasonDto']; answer: Schemas['ReviewResponse'] };
  'POST /api/admin/reviews/{id}/reject': { path: { 'id': string }; query: undefined; body: Schemas['ReviewReasonDto']; answer: Schemas['ReviewResponse'] };
  'POST /api/admin/reviews/{id}/snooze': { path: { 'id': string }; query: undefined; body: Schemas['SnoozeReviewDto']; answer: Schemas['ReviewResponse'] };
  'POST /api/admin/rules': { path: undefined; query: undefined; body: Schemas['CreateRuleSetDto']; answer: Schemas['RuleSetResponse'] };
  'POST /api/admin/rules/{businessType}/{version}/mode': { path: { 'businessType': string; 'version': string }; query: undefined; body: Schemas['RuleSetModeDto']; answer: Schemas['RuleSetResponse'] };
  'POST /api/admin/security-incidents/{id}/acknowledge': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['IncidentResponse'] };
  'POST /api/admin/users': { path: undefined; query: undefined; body: Schemas['CreateUserDto']; answer: Schemas['FirstSecretsResponse'] };
  'POST /api/admin/users/{id}/disable': { path: { 'id': string }; query: undefined; body: undefined; answer: undefined };
  'POST /api/admin/users/{id}/reset': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['FirstSecretsResponse'] };
  'POST /api/admin/webhook-events/replay': { path: undefined; query: undefined; body: Schemas['ReplayWebhookEventsDto']; answer: Schemas['WebhookReplayResponse'] };
  'POST /api/admin/webhook-events/{id}/replay': { path: { 'id': string }; query: undefined; body: Schemas['ReplayWebhookEventDto']; answer: Schemas['WebhookEventResponse'] };
  'POST /api/auth/login': { path: undefined; query: undefined; body: Schemas['LoginDto']; answer: undefined };
  'POST /api/auth/logout': { path: undefined; query: undefined; body: undefined; answer: undefined };
  'POST /api/auth/password': { path: undefined; query: undefined; body: Schemas['ChangePasswordDto']; answer: undefined };
  'POST /api/auth/step-up': { path: undefined; query: undefined; body: Schemas['TotpDto']; answer: undefined };
  'POST /api/auth/totp': { path: undefined; query: undefined; body: undefined; answer: Schemas['TotpSecretResponse'] };
  'POST /api/auth/totp/confirm': { path: undefined; query: undefined; body: Schemas['TotpDto']; answer: Schemas['RecoveryCodesResponse'] };
  'POST /api/customers': { path: undefined; query: undefined; body: Schemas['CreateCustomerDto']; answer: Schemas['CustomerResponse'] };
  'POST /api/customers/{id}/payment-methods': { path: { 'id': string }; query: undefined; body: Schemas['SavePaymentMethodDto']; answer: Schemas['SavedMethodResponse'] };
  'POST /api/customers/{id}/payment-methods/{methodId}/detach': { path: { 'id': string; 'methodId': string }; query: undefined; body: undefined; answer: Schemas['SavedMethodResponse'] };
  'POST /api/devices': { path: undefined; query: undefined; body: Schemas['RegisterDeviceDto']; answer: Schemas['DeviceResponse'] };
  'POST /api/devices/{id}/activate': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['DeviceResponse'] };
  'POST /api/devices/{id}/revoke': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['DeviceResponse'] };
  'POST /api/devices/{id}/suspend': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['DeviceResponse'] };
  'POST /api/disputes/{id}/close': { path: { 'id': string }; query: undefined; body: Schemas['CloseDisputeDto']; answer: Schemas['DisputeResponse'] };
  'POST /api/disputes/{id}/evidence': { path: { 'id': string }; query: undefined; body: Schemas['StageEvidenceDto']; answer: Schemas['DisputeEvidenceResponse'] };
  'POST /api/disputes/{id}/submit': { path: { 'id': string }; query: undefined; body: Schemas['SubmitEvidenceDto']; answer: Schemas['DisputeResponse'] };
  'POST /api/payments': { path: undefined; query: undefined; body: Schemas['CreatePaymentDto']; answer: Schemas['PaymentResponse'] };
  'POST /api/payments/{id}/cancel': { path: { 'id': string }; query: undefined; body: Schemas['CancelPaymentDto']; answer: Schemas['PaymentResponse'] };
  'POST /api/payments/{id}/capture': { path: { 'id': string }; query: undefined; body: Schemas['CapturePaymentDto']; answer: Schemas['PaymentResponse'] };
  'POST /api/payments/{id}/confirm': { path: { 'id': string }; query: undefined; body: Schemas['ConfirmPaymentDto']; answer: Schemas['PaymentResponse'] };
  'POST /api/payments/{id}/refunds': { path: { 'id': string }; query: undefined; body: Schemas['RefundPaymentDto']; answer: Schemas['RefundResponse'] };
  'POST /api/subscriptions': { path: undefined; query: undefined; body: Schemas['CreateSubscriptionDto']; answer: Schemas['SubscriptionResponse'] };
  'POST /api/subscriptions/{id}/cancel': { path: { 'id': string }; query: undefined; body: Schemas['CancelSubscriptionDto']; answer: Schemas['SubscriptionResponse'] };
  'POST /api/subscriptions/{id}/pause': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['SubscriptionResponse'] };
  'POST /api/subscriptions/{id}/resume': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['SubscriptionResponse'] };
  'POST /api/webhook-deliveries/{id}/redeliver': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['WebhookDeliveryResponse'] };
  'POST /api/webhook-endpoints': { path: undefined; query: undefined; body: Schemas['CreateWebhookEndpointDto']; answer: Schemas['WebhookEndpointResponse'] };
  'POST /api/webhook-endpoints/{id}/disable': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['WebhookEndpointResponse'] };
  'POST /api/webhook-endpoints/{id}/enable': { path: { 'id': string }; query: undefined; body: undefined; answer: Schemas['WebhookEndpointResponse'] };
  'POST /api/webhook-endpoints/{id}/redeliver': { path: { 'id': string }; query: undefined; body: Schemas['RedeliverSinceDto']; answer: undefined };
  'POST /api/webhook-endpoints/{id}/rotate-secret': { path: { 'id': string }; query: undefined; body: Schemas['RotateWebhookSecretDto']; answer: Schemas['WebhookEndpointResponse'] };
  'POST /api/webhook-endpoints/{id}/test': { path: { 'id': string }; query: undefined; body: undefined; answer: undefined };
  'PUT /api/admin/feature-flags/{name}': { path: { 'name': string }; query: undefined; body: Schemas['PutFeatureFlagDto']; answer: undefined };
  'PUT /api/admin/profiles/{businessType}': { path: { 'businessType': "retail" | "restaurant" | "service" | "subscription" | "gaming" | "iot" }; query: undefined; body: Schemas['ChangeProfileDto']; answer: Schemas['ProfileResponse'] };
  'PUT /api/admin/rate-limits/{name}': { path: { 'name': string }; query: undefined; body: Schemas['SetRateLimitDto']; answer: Schemas['RateLimitListResponse'] };
  'PUT /api/customers/{id}/default-payment-method': { path: { 'id': string }; query: undefined; body: Schemas['DefaultPaymentMethodDto']; answer: Schemas['SavedMethodResponse'] };
  'PUT /api/limits/{subject}': { path: { 'subject': string }; query: undefined; body: Schemas['SetLimitDto']; answer: Schemas['LimitsResponse'] };
  'PUT /api/subscriptions/{id}/payment-method': { path: { 'id': string }; query: undefined; body: Schemas['SubscriptionPaymentMethodDto']; answer: Schemas['SubscriptionResponse'] };
}
