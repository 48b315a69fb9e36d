import { jsonMembers, RegoObject, type Value } from "../engine/index.ts";

/** The base document as files put it together, numbers spelled as they were. */
export class DataTree {
  private readonly members = new Map<string, Value | DataTree>();

  /**
   * Puts a value at a path; at the root there must be an object. The outcome is
   * undefined, or the path of the first place that cannot hold both what it has
   * and what is new: what came before it stays.
   */
  insert(path: readonly string[], value: Value): readonly string[] | undefined {
    const document = path.reduceRight<Value>(
      (inner, key) => RegoObject.of([[key, inner]]),
      value,
    );
    return document instanceof RegoObject ? this.merge(document) : [];
  }

  /** The whole as one document. */
  toObject(): RegoObject {
    return RegoObject.of(
      [...this.members].map(([key, member]) => [
        key,
        member instanceof DataTree ? member.toObject() : member,
      ]),
    );
  }

  private merge(document: RegoObject): readonly string[] | undefined {
    for (const [key, value] of jsonMembers(document)) {
      const taken = this.put(key, value);
      if (taken) {
        return [key, ...taken];
      }
    }
    return undefined;
  }

  /** Of two values for one key only objects have room for each other. */
  private put(key: string, value: Value): readonly string[] | undefined {
    if (!this.members.has(key)) {
      this.members.set(key, value);
      return undefined;
    }
    if (!(value instanceof RegoObject)) {
      return [];
    }
    const branch = this.branch(key);
    return branch ? branch.merge(value) : [];
  }

  /** The tree at a key that holds an object; undefined where it holds another value. */
  private branch(key: string): DataTree | undefined {
    const member = this.members.get(key);
    if (!(member instanceof RegoObject)) {
      return member instanceof DataTree ? member : undefined;
    }
    const tree = new DataTree();
    tree.merge(member);
    this.members.set(key, tree);
    return tree;
  }
}
