import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, type Timed } from '../../src/base/heap.ts';

interface Member extends Timed {
  readonly name: number;
}

/** Takes all out, in their order. */
function emptied(heap: Heap<Member>): number[] {
  const names: number[] = [];
  for (let { first } = heap; first; { first } = heap) {
    names.push(first.name);
    heap.leave(first);
  }
  return names;
}

describe('Heap', () => {
  it('has nobody first while it is empty', () => {
    const heap = new Heap<Member>();

    expect([heap.first, heap.size]).toEqual([undefined, 0]);
  });

  it('takes no notice of one who leaves without being in it, or twice', () => {
    const heap = new Heap<Member>();
    const [one, other, never] = [0, 1, 2].map((name): Member => ({ at: 5, name }));
    heap.join(one!);
    heap.join(other!);

    heap.leave(never!);
    heap.leave(one!);
    heap.leave(one!);

    expect([heap.size, heap.first]).toEqual([1, other]);
  });

  it('lets one in again, after those of the same time', () => {
    const heap = new Heap<Member>();
    const members = [0, 1].map((name): Member => ({ at: 5, name }));
    members.forEach((each) => heap.join(each));

    heap.leave(members[0]!);
    heap.join(members[0]!);

    expect(emptied(heap)).toEqual([1, 0]);
  });

  it('has the order of time and then of joining, whoever joins and leaves between', () => {
    const time = fc.constantFrom(-Infinity, -1, 0, 0.5, 1, 2, 3, 1e300, Infinity);
    const step = fc.oneof(
      time.map((at) => ({ at })),
      fc.record({ leave: fc.nat() }),
      fc.constant('next' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const heap = new Heap<Member>();
        let model: Member[] = [];
        let joined = 0;
        for (const each of steps) {
          if (each === 'next' || 'leave' in each) {
            const gone = each === 'next' ? heap.first : model[each.leave % (model.length || 1)];
            if (gone) heap.leave(gone);
            model = model.filter((other) => other !== gone);
          } else {
            const member: Member = { at: each.at, name: joined++ };
            heap.join(member);
            const after = model.findIndex(({ at }) => at > member.at);
            model.splice(after < 0 ? model.length : after, 0, member);
          }
          expect([heap.first, heap.size]).toEqual([model[0], model.length]);
        }
        expect(emptied(heap)).toEqual(model.map(({ name }) => name));
      }),
      { numRuns: 1_000 },
    );
  });
});
