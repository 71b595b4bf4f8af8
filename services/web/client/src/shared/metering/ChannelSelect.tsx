/** The choice of one of the four channels. */
import { useLingui } from "@lingui/react/macro";
import { NativeSelect } from "@mantine/core";
import type { Channel } from "./channels";

export function ChannelSelect({ value, onChange }: { value: Channel; onChange: (channel: Channel) => void }) {
  const { t } = useLingui();
  return (
    <NativeSelect
      aria-label={t`Вид энергии`}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value as Channel)}
      data={[
        { value: "a_plus", label: t`Активная, приём (A+)` },
        { value: "a_minus", label: t`Активная, отдача (A−)` },
        { value: "r_plus", label: t`Реактивная, приём (R+)` },
        { value: "r_minus", label: t`Реактивная, отдача (R−)` },
      ]}
    />
  );
}
