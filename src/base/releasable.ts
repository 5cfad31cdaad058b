/** Something that is held until it is given back. Giving it back twice changes nothing. */
export interface Releasable {
  release(): void;
  /** Releases, at the end of a `using` block. */
  [Symbol.dispose](): void;
}

/** Something that `giveBack` is called for once. */
export function releasable(giveBack: () => void): Releasable {
  let held = true;
  const release = (): void => {
    if (held) {
      held = false;
      giveBack();
    }
  };
  return { release, [Symbol.dispose]: release } as Releasable;
}
