/** Everything the sandbox knows, in memory, and what changed since the last commit, for the journal. */
import { type Job } from './clock.js';
import { SeededRandom, type RandomState } from './ids.js';

/** Any object of Stripe's API: it has an id and says what it is. */
export interface StripeObject {
  id: string;
  object: string;
}

/** One journal entry: everything one request or one job changed. It is written whole or not at all. */
export interface Change {
  /** Collection name → objects put, in order. */
  puts: Record<string, StripeObject[]>;
  /** Collection name → ids removed. */
  removals: Record<string, string[]>;
  random: RandomState;
  clock?: ClockState;
}

/** The virtual clock's two figures. */
export interface ClockState {
  readonly offsetMs: number;
  readonly frozenAtMs: number | null;
}

/** The objects of one kind, in the order of their creation. */
export class Collection<T extends StripeObject> {
  private readonly byId = new Map<string, T>();
  private ids: string[] = [];

  constructor(
    private readonly name: string,
    private readonly store: Store,
  ) {}

  /** The object of that id, or undefined. */
  find(id: string): T | undefined {
    return this.byId.get(id);
  }

  /** Keeps a new object, or says that a kept one has changed. */
  put(object: T): T {
    this.load(object);
    this.store.changed(this.name, object);
    return object;
  }

  /** Forgets an object. */
  remove(id: string): void {
    if (!this.byId.delete(id)) return;
    // The id stays in the list until the dead ones are half of it.
    if (this.ids.length > 64 && this.ids.length > 2 * this.byId.size) this.ids = this.ids.filter((each) => this.byId.has(each));
    this.store.removed(this.name, id);
  }

  /** Every object, oldest first. */
  all(): IterableIterator<T> {
    return this.byId.values();
  }

  /** Every object, newest first: the order of Stripe's lists. */
  *newestFirst(): Generator<T> {
    for (let index = this.ids.length - 1; index >= 0; index -= 1) {
      const object = this.byId.get(this.ids[index] ?? '');
      if (object) yield object;
    }
  }

  /** How many there are. */
  get size(): number {
    return this.byId.size;
  }

  /** Takes an object without telling the journal, which is where it comes from. */
  load(object: T): void {
    if (!this.byId.has(object.id)) this.ids.push(object.id);
    this.byId.set(object.id, object);
  }

  /** Drops an object without telling the journal. */
  unload(id: string): void {
    this.byId.delete(id);
  }
}

/** Objects per line of a compacted journal: keeps a line in the low megabytes. */
const SNAPSHOT_OBJECTS = 500;

/** Receives what a commit changed. */
export type CommitListener = (change: Change) => void;

/** The collections, one set per account, and the seeded generator that names what goes into them. */
export class Store {
  readonly random: SeededRandom;
  clock: ClockState = { offsetMs: 0, frozenAtMs: null };
  private readonly collections = new Map<string, Collection<StripeObject>>();
  private puts = new Map<string, Set<StripeObject>>();
  private removals = new Map<string, string[]>();
  private savedClock = this.clock;
  private onCommit: CommitListener | undefined;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  /** Jobs are of no account: they name theirs. */
  get jobs(): Collection<Job> {
    return this.collection<Job>('', 'job');
  }

  /** The collection of a kind of object of an account. */
  collection<T extends StripeObject>(accountId: string, kind: string): Collection<T> {
    const name = `${accountId}/${kind}`;
    let found = this.collections.get(name);
    if (!found) {
      found = new Collection<StripeObject>(name, this);
      this.collections.set(name, found);
    }
    // The kind in the name is the `object` of everything that is put there.
    return found as unknown as Collection<T>;
  }

  /** A new id such as `pi_3…`. */
  newId(prefix: string, length = 24): string {
    return `${prefix}_${this.random.letters(length)}`;
  }

  /** From now on, `listener` is told of every commit. */
  listen(listener: CommitListener): void {
    this.onCommit = listener;
  }

  /** Marks an object as changed since the last commit. */
  changed(collection: string, object: StripeObject): void {
    if (!this.onCommit) return;
    const set = this.puts.get(collection);
    if (set) set.add(object);
    else this.puts.set(collection, new Set([object]));
  }

  /** Marks an object as gone since the last commit. */
  removed(collection: string, id: string): void {
    if (!this.onCommit) return;
    // What is made and removed between two commits never was.
    for (const object of this.puts.get(collection) ?? []) if (object.id === id) this.puts.get(collection)?.delete(object);
    const list = this.removals.get(collection);
    if (list) list.push(id);
    else this.removals.set(collection, [id]);
  }

  /** Hands everything that changed to the journal, as one entry. */
  commit(): void {
    if (!this.onCommit || (this.puts.size === 0 && this.removals.size === 0 && this.clock === this.savedClock)) return;
    const change: Change = { puts: {}, removals: Object.fromEntries(this.removals), random: this.random.save() };
    for (const [name, objects] of this.puts) change.puts[name] = [...objects];
    if (this.clock !== this.savedClock) change.clock = this.clock;
    this.savedClock = this.clock;
    this.puts = new Map();
    this.removals = new Map();
    this.onCommit(change);
  }

  /** Takes a change from the journal. */
  apply(change: Change): void {
    for (const [name, objects] of Object.entries(change.puts)) {
      const collection = this.named(name);
      for (const object of objects) collection.load(object);
    }
    for (const [name, ids] of Object.entries(change.removals)) for (const id of ids) this.named(name).unload(id);
    this.random.restore(change.random);
    if (change.clock) this.clock = this.savedClock = change.clock;
  }

  /** Everything, as changes that make it again. */
  *snapshot(): Generator<Change> {
    const random = this.random.save();
    yield { puts: {}, removals: {}, random, clock: this.clock };
    for (const [name, collection] of this.collections) {
      const objects = [...collection.all()];
      for (let at = 0; at < objects.length; at += SNAPSHOT_OBJECTS) {
        yield { puts: { [name]: objects.slice(at, at + SNAPSHOT_OBJECTS) }, removals: {}, random };
      }
    }
  }

  private named(name: string): Collection<StripeObject> {
    const slash = name.indexOf('/');
    return this.collection(name.slice(0, slash), name.slice(slash + 1));
  }
}
