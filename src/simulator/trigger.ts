/** When something goes wrong. */
interface TriggerWindow {
  /** From when on · ms. */
  readonly at: number;
  /** For how long · ms; it has to be over before the run is. */
  readonly duration: number;
}

/** When something goes wrong, and with which service. */
interface ServiceTrigger extends TriggerWindow {
  /** Which service · default all. */
  readonly service?: string | undefined;
}

/** What goes wrong for a time. */
export type Trigger =
  | (ServiceTrigger & {
      /** Requests that are begun take `factor` times as long. */
      readonly kind: 'slowdown';
      readonly factor: number;
    })
  | (ServiceTrigger & {
      /** Connections are refused at once. */
      readonly kind: 'outage';
    })
  | (ServiceTrigger & {
      /** A part of the requests fails, besides those that do anyway. */
      readonly kind: 'errors';
      readonly rate: number;
    })
  | (ServiceTrigger & {
      /** There are `factor` times as many workers, rounded; those that are at work go on. */
      readonly kind: 'capacity';
      readonly factor: number;
    })
  | (TriggerWindow & {
      /** Calls come `factor` times as often. */
      readonly kind: 'surge';
      readonly factor: number;
      /** Which clients · default all. */
      readonly group?: string | undefined;
    })
  | (ServiceTrigger & {
      /** Requests and answers vanish. */
      readonly kind: 'partition';
    })
  | (ServiceTrigger & {
      /** Answers begin and never end: the work is done, and nobody gets it. */
      readonly kind: 'stall';
    });
