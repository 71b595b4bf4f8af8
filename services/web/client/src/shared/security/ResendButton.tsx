/** «Отправить ещё раз» with the time until it is allowed. */
import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";

export function ResendButton(props: { secondsLeft: number; busy: boolean; onClick: () => void }) {
  const { secondsLeft, busy, onClick } = props;
  const { t } = useLingui();
  const clock = `${Math.floor(secondsLeft / 60)}:${String(secondsLeft % 60).padStart(2, "0")}`;
  return (
    <Button variant="default" loading={busy} disabled={secondsLeft > 0} onClick={onClick}>
      {secondsLeft > 0 ? t`Отправить ещё раз через ${clock}` : t`Отправить ещё раз`}
    </Button>
  );
}
