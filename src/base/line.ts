/** Somebody who can stand in a line: in one at a time. */
export interface Linked<Self> {
  /** Who stands before him. */
  earlier: Self | undefined;
  /** Who stands behind him. */
  later: Self | undefined;
  /** Whether he is in a line. */
  inLine: boolean;
}

/** A line in order of arrival that anybody can leave, in constant time: its members are its links. */
export class Line<Member extends Linked<Member>> {
  first: Member | undefined;
  #last: Member | undefined;
  size = 0;

  /**
   * Lets somebody stand at its end; or, in a line that has an order, before those to whom he is said to come first.
   *
   * @param near somebody in the line, to look for the place from there.
   */
  join(member: Member, comesBefore?: (other: Member) => boolean, near: Member | undefined = this.#last): void {
    let earlier = near;
    let later = near?.later;
    for (; later && !comesBefore!(later); later = later.later) earlier = later;
    for (; comesBefore && earlier && comesBefore(earlier); earlier = earlier.earlier) later = earlier;
    member.earlier = earlier;
    member.later = later;
    member.inLine = true;
    if (earlier) earlier.later = member;
    else this.first = member;
    if (later) later.earlier = member;
    else this.#last = member;
    this.size++;
  }

  /** Takes somebody out of it; `false` if he was not in it. */
  leave(member: Member): boolean {
    if (!member.inLine) return false;
    const { earlier, later } = member;
    if (earlier) earlier.later = later;
    else this.first = later;
    if (later) later.earlier = earlier;
    else this.#last = earlier;
    // Who has left must not keep others: a call may be kept for long by whom it was made for.
    member.earlier = member.later = undefined;
    member.inLine = false;
    this.size--;
    return true;
  }
}
