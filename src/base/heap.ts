/** Somebody whose turn comes at a time. */
export interface Timed {
  readonly at: number;
  /** In which order they joined, from 0; set by the heap. */
  order?: number;
  /** Where he stands in the heap, from 1; set by the heap, and nothing to go by once he has left. */
  place?: number;
}

/**
 * A binary heap by time, and then by the order of joining. To join and to leave takes logarithmic time, and whoever has
 * left leaves nothing behind.
 *
 * Source: J. W. J. Williams, Algorithm 232: Heapsort, Communications of the ACM 7, 1964.
 */
export class Heap<Member extends Timed> {
  /** Those above come before those below; nobody comes before the one at 0, which stands for the ground. */
  readonly #members = [{ at: -Infinity } as Member];
  #joined = 0;

  get size(): number {
    return this.#members.length - 1;
  }

  /** Whose turn is next. */
  get first(): Member | undefined {
    return this.#members[1];
  }

  /** Lets somebody in, after those of the same time. */
  join(member: Member): void {
    member.order = this.#joined++;
    this.#put(member, this.#members.length);
  }

  /** Takes somebody out, if he is in it. */
  leave(member: Member): void {
    const place = member.place!;
    if (this.#members[place] !== member) return;
    const last = this.#members.pop()!;
    if (last !== member) this.#put(last, place);
  }

  /** Lets somebody rise from a free place, or sink. */
  #put(member: Member, place: number): void {
    const members = this.#members;
    for (let next: number; ; place = next) {
      next = place >> 1;
      if (!isBefore(member, members[next]!)) break;
      (members[place] = members[next]!).place = place;
    }
    for (let next = place * 2; next < members.length; next = place * 2) {
      if (members[next + 1] && isBefore(members[next + 1]!, members[next]!)) next++;
      if (isBefore(member, members[next]!)) break;
      (members[place] = members[next]!).place = place;
      place = next;
    }
    (members[place] = member).place = place;
  }
}

function isBefore(one: Timed, other: Timed): boolean {
  return (one.at - other.at || one.order! - other.order!) < 0;
}
