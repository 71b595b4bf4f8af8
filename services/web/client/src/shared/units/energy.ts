/** Energy in whole Wh (or varh) turned into the shown units. kWh is energy of a slot, kW its mean power. */

export type Unit = "kwh" | "kw";

export function inUnit(energyWh: number, unit: Unit, stepSeconds: number): number {
  const kilowattHours = energyWh / 1000;
  return unit === "kwh" ? kilowattHours : (kilowattHours * 3600) / stepSeconds;
}
