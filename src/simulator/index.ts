/**
 * A fleet in virtual time: the real policies, simulated services, and what goes wrong with them.
 *
 * @module
 */

export { simulate, type SimulateOptions, type SimulationObservers } from './simulate.ts';
export {
  type ClientGroup,
  type PolicyMaker,
  type Scenario,
  type Service,
  type ServiceQueue,
  type ServiceRateLimit,
} from './scenario.ts';
export { type Arrivals } from './arrivals.ts';
export { type Distribution } from './distribution.ts';
export { type PolicyTools } from './policy-tools.ts';
export { type Trigger } from './trigger.ts';
export { type Settling } from './drive.ts';
export { ServiceFault, type ServiceFaultCode } from './service-fault.ts';
export { type LatencyQuantiles } from './histogram.ts';
export {
  type BreakerCounts,
  type ServiceTotals,
  type SimulationBucket,
  type SimulationResult,
  type SimulationTotals,
  type Verdict,
} from './simulation-result.ts';
export { scenarioFrom, type ScenarioFromOptions } from './scenario-from.ts';
export { scenarioSchema } from './scenario-schema.ts';
export {
  compare,
  type ComparedPolicy,
  type CompareObservers,
  type CompareOptions,
  type Comparison,
  type Spread,
} from './compare.ts';
export { smallestTrigger, type SmallestTriggerOptions } from './smallest-trigger.ts';
