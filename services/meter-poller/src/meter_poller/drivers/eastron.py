"""Eastron SDM630 over Modbus: energy registers and instant values; no clock, tariffs, profile memory or journals.

Its half hours are the difference of registers at their borders (`plan.py`). What is read where stands in
`maps/eastron_sdm630.csv`.
"""

from common.clock import Clock
from meter_poller.drivers.modbus_link import ModbusLink
from meter_poller.drivers.register_map import RegisterMap
from meter_poller.errors import WrongSerial
from meter_poller.readings import CHANNELS, Energies, InstantReading, RegisterReading
from topics.metering import EndpointMeter
from topics.poller import Register

# From word 0 to the energy taken: 74 words, of 80 that one request may ask for.
INSTANTS = (
    *(f"{quantity}_{phase}" for quantity in ("voltage", "current", "power") for phase in (1, 2, 3)),
    *("power", "reactive_power", "power_factor", "frequency", "a_plus"),
)


class EastronMeter:
    """One meter on a wire. Each reading is a session of its own and begins with the serial number."""

    driver = "eastron_sdm630"
    has_memory = False

    def __init__(self, link: ModbusLink, meter: EndpointMeter, *, registers: RegisterMap, clock: Clock) -> None:
        self.meter = meter
        self._link = link
        self._map = registers
        self._clock = clock

    async def begin(self) -> None:
        """Check the serial number. Raises WrongSerial or another ReadingFailed."""
        entry = self._map.entries["serial"]
        function_code, first, count = self._map.block(["serial"])
        reply = await self._link.read(
            self.meter.address, function_code=function_code, word_address=first, word_count=count
        )
        found = str(entry.decode(reply.words))
        if found != self.meter.serial.strip().lstrip("0"):
            raise WrongSerial(f"meter {found} answers at address {self.meter.address} instead of {self.meter.serial}")

    async def registers(self) -> RegisterReading:
        """Read the four energies in one request."""
        function_code, first, count = self._map.block(CHANNELS)
        asked_at = self._clock.now()
        reply = await self._link.read(
            self.meter.address, function_code=function_code, word_address=first, word_count=count
        )
        a_plus, a_minus, r_plus, r_minus = (self._value(name, reply.words, first) for name in CHANNELS)
        total: Energies = (a_plus, a_minus, r_plus, r_minus)
        return RegisterReading(
            asked_at=asked_at,
            at=self._clock.now(),
            meter_time=None,
            drift_seconds=None,
            registers=[
                Register(zone="sum", channel=channel, value_wh=value)
                for channel, value in zip(CHANNELS, total, strict=True)
                if value is not None
            ],
            total=total,
            frames=(reply.frame,),
        )

    async def instants(self) -> InstantReading:
        """Read voltages, currents, powers and the energy taken in one request."""
        function_code, first, count = self._map.block(INSTANTS)
        reply = await self._link.read(
            self.meter.address, function_code=function_code, word_address=first, word_count=count
        )
        values = {name: self._value(name, reply.words, first) for name in INSTANTS}
        return InstantReading(
            at=self._clock.now(),
            a_plus_wh=values["a_plus"],
            power_w=values["power"],
            reactive_power_var=values["reactive_power"],
            phase_powers_w=(values["power_1"], values["power_2"], values["power_3"]),
            voltages_mv=(values["voltage_1"], values["voltage_2"], values["voltage_3"]),
            currents_ma=(values["current_1"], values["current_2"], values["current_3"]),
            # The maker's sign tells inductive from capacitive load, as that of the reactive power does.
            power_factor_thousandths=abs(values["power_factor"]),
            frequency_millihertz=values["frequency"],
            frames=(reply.frame,),
        )

    def _value(self, name: str, words: list[int], first: int) -> int:
        entry = self._map.entries[name]
        at = entry.word_address - first
        return entry.decode(words[at : at + entry.word_count])
