import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Clock, DAY_MS, MINUTE_MS } from '#kernel';
import { AppConfig, Database, type Queryable } from '#platform';
import { AuditLog } from '#security';
import { ModelNotFoundError, ModelNotPromotableError } from '../fraud.errors.js';
import { fraudModelStabilityIndex } from '../metrics.js';
import { readWithin } from '../read-within.js';
import { CALENDAR_FEATURES, ENGINE_FEATURES } from './card-features.js';
import { FraudModel, type FraudModelDocument } from './fraud-model.js';
import { stabilityIndex } from './metrics.js';
import { promotionObstacles, trainOnPayments } from './model-training.js';
import { ModelsRepository } from './models.repository.js';

/** A model ready to be asked. */
export interface ActiveModel {
  readonly mode: 'live' | 'shadow';
  readonly model: FraudModel;
  readonly document: FraudModelDocument;
}

/** The champion acts when it is live; the challenger looks on. */
export interface ActiveModels {
  readonly champion: ActiveModel | null;
  readonly challenger: ActiveModel | null;
}

/** What the drift job measured. */
export interface DriftReport {
  readonly modelVersion: string;
  readonly role: 'champion' | 'challenger';
  readonly payments: number;
  /** Features whose index is above {@link DRIFTED_ABOVE}, the worst first. */
  readonly drifted: readonly { readonly feature: string; readonly stabilityIndex: number }[];
}

/** Above this a feature is not what the model was trained on. */
const DRIFTED_ABOVE = 0.25;
/** Fewer payments say nothing about ten groups. */
const MIN_DRIFT_PAYMENTS = 500;
const TRAINING_MEMORY_DAYS = 70;
const MAX_DRIFT_PAYMENTS = 50_000;
// Models change by hand, a few times a year.
const CACHE_MS = MINUTE_MS;
// From dist/libs/fraud/src/model back to the folder that holds the document.
const DEFAULT_MODEL = path.resolve(import.meta.dirname, '../../../../../libs/fraud/models/default-1.json');

/** Models: who acts, who looks on, and whether the world still looks as it did when they learned. */
@Injectable()
export class ModelsService implements OnModuleInit {
  private readonly logger = new Logger(ModelsService.name);
  private shipped: ActiveModel | null = null;
  private cached: { readonly models: ActiveModels; readonly readAtMs: number } | null = null;

  constructor(
    private readonly database: Database,
    private readonly repository: ModelsRepository,
    private readonly auditLog: AuditLog,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    try {
      const document = JSON.parse(await readFile(DEFAULT_MODEL, 'utf8')) as FraudModelDocument;
      this.shipped = { mode: 'shadow', document, model: new FraudModel(document) };
    } catch (error) {
      // It only looks on: a deployment without it, or with a broken one, must still take payments.
      this.logger.warn({ event: 'fraud_model_not_loaded', error: error instanceof Error ? error.name : 'unknown' });
    }
  }

  /**
   * Who is asked about a payment, at most a minute old unless the database is slow. Without any model of one's own the shipped one looks on.
   *
   * @param transaction - Of the payment.
   */
  async getActive(transaction: Queryable): Promise<ActiveModels> {
    const nowMs = this.clock.monotonicMs();
    if (this.cached !== null && nowMs - this.cached.readAtMs < CACHE_MS) return this.cached.models;
    const models = await readWithin(transaction, this.config.fraud.budgetMs / 3, () => this.readActive(transaction));
    if (models === null) this.logger.warn({ event: 'fraud_models_not_read' });
    this.cached = { models: models ?? this.cached?.models ?? { champion: null, challenger: this.shipped }, readAtMs: nowMs };
    return this.cached.models;
  }

  private async readActive(queryable: Queryable): Promise<ActiveModels> {
    const stored = await this.repository.listActive(queryable);
    const active = stored.flatMap(({ version, mode, document }): ActiveModel[] => {
      if (mode === 'off') return [];
      const model = modelOf(document);
      // It would take one number for another, or fail at each payment: it rests until it is trained again.
      if (model === null) this.logger.error({ event: 'fraud_model_not_usable', version });
      return model === null ? [] : [{ mode, document, model }];
    });
    const champion = active.find(({ mode }) => mode === 'live') ?? null;
    return { champion, challenger: active.find(({ mode }) => mode === 'shadow') ?? (champion === null ? this.shipped : null) };
  }

  /** Trains on the stored payments of the last 70 days: enough for four folds. @throws TooFewPaymentsError */
  async train(version: string): Promise<FraudModelDocument> {
    const now = this.clock.now();
    const payments = await this.repository.listLabelled(new Date(now.getTime() - TRAINING_MEMORY_DAYS * DAY_MS));
    return trainOnPayments(payments, { version, trainedAt: now.toISOString(), data: 'stored payments and labels of this deployment' });
  }

  /** Adds a model and lets it look on. @returns false when the version exists. @throws ModelNotPromotableError */
  async challenge(document: FraudModelDocument, actor: string): Promise<boolean> {
    if (modelOf(document) === null)
      throw new ModelNotPromotableError(['it is not a model of this release: of its format and its features']);
    const isNew = await this.database.transaction(async (transaction) => {
      if (!(await this.repository.insert(transaction, document, actor))) return false;
      await this.repository.setMode(transaction, document.version, 'shadow');
      await this.auditLog.record(transaction, { actor, merchantId: null, action: 'fraud_model_challenged', objectId: document.version });
      return true;
    });
    this.cached = null;
    return isNew;
  }

  /**
   * Makes the challenger the champion, when it has beaten the present one and sees the world it was trained on.
   *
   * @throws ModelNotPromotableError naming every obstacle.
   */
  async promote(version: string, actor: string): Promise<void> {
    this.cached = null;
    const { champion, challenger } = await this.readActive(this.database);
    if (challenger?.document.version !== version) throw new ModelNotPromotableError(['it is not the challenger in shadow']);
    const obstacles = promotionObstacles(challenger.document, champion?.document ?? null);
    const report = (await this.measureDrift()).find(({ role }) => role === 'challenger');
    const { payments, drifted } = report ?? { payments: 0, drifted: [] };
    if (payments < MIN_DRIFT_PAYMENTS)
      obstacles.push(`it has looked at ${payments} payments of the last day; ${MIN_DRIFT_PAYMENTS} are needed`);
    for (const { feature, stabilityIndex: index } of drifted) obstacles.push(`${feature} has drifted: ${index.toFixed(2)}`);
    if (obstacles.length > 0) throw new ModelNotPromotableError(obstacles);
    await this.database.transaction(async (transaction) => {
      await this.repository.insert(transaction, challenger.document, actor);
      await this.repository.setMode(transaction, version, 'live');
      await this.auditLog.record(transaction, { actor, merchantId: null, action: 'fraud_model_promoted', objectId: version });
    });
    this.cached = null;
  }

  /** Lets a model neither act nor look on; its row stays. @throws ModelNotFoundError */
  async rest(version: string, actor: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      if (!(await this.repository.turnOff(transaction, version))) throw new ModelNotFoundError();
      await this.auditLog.record(transaction, { actor, merchantId: null, action: 'fraud_model_rested', objectId: version });
    });
    this.cached = null;
  }

  /**
   * Compares the last day's payments with what each model was trained on, stores it and shows it as a metric. For the worker, daily.
   *
   * @returns The champion's report and the challenger's, as far as there are such.
   */
  async measureDrift(): Promise<DriftReport[]> {
    const { champion, challenger } = await this.readActive(this.database);
    const now = this.clock.now();
    const rows = await this.repository.listInputs(new Date(now.getTime() - DAY_MS), MAX_DRIFT_PAYMENTS);
    const reports: DriftReport[] = [];
    fraudModelStabilityIndex.reset();
    for (const [role, active] of [
      ['champion', champion],
      ['challenger', challenger],
    ] as const) {
      if (active === null) continue;
      const indexes = rows.length < MIN_DRIFT_PAYMENTS ? {} : driftOf(active.document, rows);
      await this.repository.saveDrift(active.document.version, now, rows.length, indexes);
      const worst = Math.max(...Object.values(indexes));
      if (Number.isFinite(worst)) fraudModelStabilityIndex.set({ role }, worst);
      reports.push({ modelVersion: active.document.version, role, payments: rows.length, drifted: driftedOf(indexes) });
    }
    return reports;
  }
}

/** The stability index of each feature that the model's card describes. */
function driftOf({ card, ensemble }: FraudModelDocument, rows: readonly (readonly (number | null)[])[]): Record<string, number> {
  const indexes: Record<string, number> = {};
  for (const [column, feature] of ensemble.featureNames.entries()) {
    const distribution = card.distributions[feature];
    if (distribution === undefined || CALENDAR_FEATURES.includes(feature)) continue;
    indexes[feature] = stabilityIndex(
      distribution,
      Float64Array.from(rows, (row) => row[column] ?? NaN),
    );
  }
  return indexes;
}

function driftedOf(indexes: Readonly<Record<string, number>>): DriftReport['drifted'] {
  return Object.entries(indexes)
    .filter(([, index]) => index > DRIFTED_ABOVE)
    .map(([feature, index]) => ({ feature, stabilityIndex: index }))
    .toSorted((first, second) => second.stabilityIndex - first.stabilityIndex);
}

/** The model of a document; null when it is none that this release can ask. Documents come from files and tables. */
function modelOf(document: FraudModelDocument): FraudModel | null {
  try {
    const model = new FraudModel(document);
    return model.featureNames.join() === ENGINE_FEATURES.join() ? model : null;
  } catch {
    return null;
  }
}
