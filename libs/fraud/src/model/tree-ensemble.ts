/** Boosted trees as plain JSON, and their scorer. */

/** Nodes in columns; node 0 is the root. */
export interface Tree {
  /** Index of the feature that parts the node, −1 in a leaf. */
  readonly feature: number[];
  /** Values above go right; values up to it and unknown ones go left. */
  readonly threshold: number[];
  readonly left: number[];
  readonly right: number[];
  /** What the tree would add to the margin if it ended here; used in leaves, and by reasons along the way. */
  readonly value: number[];
}

/** A sum of trees over a bias, in log-odds. */
export interface TreeEnsemble {
  readonly featureNames: readonly string[];
  readonly bias: number;
  readonly trees: readonly Tree[];
}

/** How much one feature moved one payment's margin, in log-odds. */
export interface FeatureShare {
  readonly feature: string;
  readonly share: number;
}

const NODE_FIELDS = 3;

/** Scores rows; built once per ensemble, because flat memory is what makes it fast. */
export class TreeScorer {
  /** Per node: feature or −1, left, right. */
  private readonly links: Int32Array;
  private readonly thresholds: Float64Array;
  private readonly values: Float64Array;
  private readonly roots: Int32Array;

  constructor(private readonly ensemble: TreeEnsemble) {
    const size = ensemble.trees.reduce((sum, tree) => sum + tree.value.length, 0);
    this.links = new Int32Array(size * NODE_FIELDS);
    this.thresholds = new Float64Array(size);
    this.values = new Float64Array(size);
    this.roots = new Int32Array(ensemble.trees.length);
    let start = 0;
    for (const [index, tree] of ensemble.trees.entries()) {
      this.roots[index] = start;
      for (const [node, feature] of tree.feature.entries()) {
        this.links.set([feature, start + (tree.left[node] ?? 0), start + (tree.right[node] ?? 0)], (start + node) * NODE_FIELDS);
        this.thresholds[start + node] = tree.threshold[node] ?? 0;
        this.values[start + node] = tree.value[node] ?? 0;
      }
      start += tree.value.length;
    }
  }

  /** Log-odds of the row that starts at `offset`. */
  margin(row: Float64Array, offset = 0): number {
    const { links, thresholds, values, roots } = this;
    let sum = this.ensemble.bias;
    for (let tree = 0; tree < roots.length; tree++) {
      let node = roots[tree] as number;
      for (let feature = links[node * NODE_FIELDS] as number; feature >= 0; feature = links[node * NODE_FIELDS] as number) {
        // Unknown is not greater than anything, so it goes left.
        const goesRight = (row[offset + feature] as number) > (thresholds[node] as number);
        node = links[node * NODE_FIELDS + (goesRight ? 2 : 1)] as number;
      }
      sum += values[node] as number;
    }
    return sum;
  }

  /**
   * The features that moved this row's margin most, strongest first: at every fork the difference between where the row went and
   * where it stood. All shares together, with the bias and the roots, add up to the margin.
   */
  reasons(row: Float64Array, most: number): FeatureShare[] {
    const shares = new Map<number, number>();
    for (const root of this.roots) {
      let node = root;
      for (let feature = this.links[node * NODE_FIELDS] ?? -1; feature >= 0; feature = this.links[node * NODE_FIELDS] ?? -1) {
        const goesRight = (row[feature] ?? NaN) > (this.thresholds[node] ?? 0);
        const child = this.links[node * NODE_FIELDS + (goesRight ? 2 : 1)] ?? 0;
        shares.set(feature, (shares.get(feature) ?? 0) + (this.values[child] ?? 0) - (this.values[node] ?? 0));
        node = child;
      }
    }
    return [...shares]
      .map(([feature, share]) => ({ feature: this.ensemble.featureNames[feature] ?? '', share }))
      .toSorted((first, second) => Math.abs(second.share) - Math.abs(first.share) || first.feature.localeCompare(second.feature))
      .slice(0, most);
  }
}
