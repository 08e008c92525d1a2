/** Time zones: how local clocks stand. Also offsets without a name: `+05:30`, `UTC-08:00`, `Z`. */
import { isTimeZone, offsetMs } from '../../core/zones.ts';

const FIXED = /^(?:UTC|GMT)?(?:([+-])(\d{2}):?(\d{2})|Z)?$/;

/** Whether there is such a zone. */
export const isZone = (zone: string): boolean => zone !== '' && (FIXED.test(zone) || isTimeZone(zone));

/** Minutes that local clocks are ahead of UTC at a time (milliseconds). */
export function offsetMinutes(zone: string, time: number): number {
  const fixed = FIXED.exec(zone);
  if (fixed) {
    const [, sign, hours = '0', minutes = '0'] = fixed;
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) || 0;
  }
  return Math.round(offsetMs(time, zone) / 60_000);
}

/** The time (milliseconds) at which local clocks show `local`, given as if it were UTC; where it comes twice, one of them. */
export function timeOfLocal(zone: string, local: number): number {
  const guess = local - offsetMinutes(zone, local) * 60_000;
  return local - offsetMinutes(zone, guess) * 60_000;
}
