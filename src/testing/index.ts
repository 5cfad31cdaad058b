/**
 * The testing kit of holdfast: time, chance and calls that go by a script.
 *
 * @module
 */

export { VirtualClock } from './virtual-clock.ts';
export { recordingSleeper, type RecordingSleeper } from './recording-sleeper.ts';
export { seededRandom } from '../base/seeded-random.ts';
export { scriptedCall, type ScriptedCall, type ScriptedCallEntry, type ScriptStep } from './scripted-call.ts';
export { arbitraries, type Arbitraries } from './arbitraries.ts';
export { backoffLaws, type BackoffLawOptions } from './backoff-laws.ts';
export { policyLaws, type PolicyDependencies, type PolicyLawOptions } from './policy-laws.ts';
