import { invalid } from '../base/check.ts';
import { classify, type FailureClass } from './classify.ts';
import { discard } from './discard.ts';

/** What tells what a response means, where its status alone does not. */
export interface ResponseRules {
  /** Statuses that mean something else here, such as `{ 409: 'transient' }` · default: as `classify` has them. */
  readonly statuses?: { readonly [status: number]: FailureClass } | undefined;
  /**
   * What a response means, where its status does not tell; read its body from a `clone()` · default: its status tells.
   * What it throws is thrown to the caller, and not tried again.
   */
  readonly classify?:
    | ((answer: { readonly response: Response }) => FailureClass | undefined | Promise<FailureClass | undefined>)
    | undefined;
}

/** Says what responses mean. */
export interface ResponseJudge {
  /** Judges a response; where that fails, lets go of it. */
  judge(response: Response): Promise<void>;
  /** `transient` or `throttled`, of a response that was judged so. */
  meaningOf(response: unknown): FailureClass | undefined;
  /** Whether an error is that of a judgement, and says nothing of the server. */
  isOwn(error: unknown): boolean;
}

/** Remembers the judgement of each response, for the policies that a call goes through. */
export function responseJudge({ statuses = {}, classify: hook }: ResponseRules): ResponseJudge {
  const temporary = new WeakMap<object, FailureClass>();
  const own = new WeakSet<object>();

  async function judge(response: Response): Promise<void> {
    let told: unknown;
    try {
      told = hook && (await hook({ response }));
      if (told !== undefined && !MEANINGS.test(`${told as string}`)) {
        throw invalid('judge a response', `classify to return ${EXPECTED}, or undefined`, told);
      }
    } catch (error) {
      discard(response);
      if (typeof error === 'object' && error) own.add(error);
      throw error;
    }
    const known = (told as FailureClass | undefined) ?? statuses[response.status];
    const meaning = known ?? (response.ok ? 'unknown' : classify(response));
    if (isTemporary(meaning)) temporary.set(response, meaning);
  }

  return {
    judge,
    meaningOf: (response) => temporary.get(response as object),
    isOwn: (error) => own.has(error as object),
  };
}

/** Whether what failed may pass, in a moment or when less is asked for. */
export function isTemporary(meaning: FailureClass): boolean {
  return meaning === 'transient' || meaning === 'throttled';
}

const MEANINGS = /^(transient|throttled|permanent|unknown)$/;
const EXPECTED = "'transient', 'throttled', 'permanent' or 'unknown'";

/** Refuses statuses that there are not, and what is no meaning. */
export function checkStatuses(statuses: object, name: string, action: string): object {
  const wrong = Object.entries(statuses).find(
    ([status, meaning]) => !/^\d{3}$/.test(status) || !MEANINGS.test(meaning),
  );
  if (wrong) throw invalid(action, `${name} to say of statuses ${EXPECTED}`, wrong.join(': '));
  return { ...statuses };
}
