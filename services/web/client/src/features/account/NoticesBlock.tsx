/** Notices from the supplier and from the meters, on or off (manual, chapter 3.4); what guards the account has no switch. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Switch, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api } from "../../shared/api/client";
import type { NoticePreferences } from "../../shared/api/types";
import { Refusal } from "../../shared/security/Refusal";
import { Block } from "../../shared/ui/Block";
import { QueryBlock } from "../../shared/ui/states";

const KEY = ["get", "/api/v1/preferences"];

export function NoticesBlock() {
  const { t } = useLingui();
  const preferences = api.useQuery("get", "/api/v1/preferences");
  return (
    <Block title={t`Уведомления`}>
      <QueryBlock query={preferences} height={130}>
        {(data) => <NoticeSwitches preferences={data} />}
      </QueryBlock>
    </Block>
  );
}

function NoticeSwitches({ preferences }: { preferences: NoticePreferences }) {
  const { t } = useLingui();
  const queryClient = useQueryClient();
  const [wanted, setWanted] = useState<NoticePreferences | null>(null);
  const change = api.useMutation("put", "/api/v1/preferences", {
    onSuccess: (stored) => queryClient.setQueriesData({ queryKey: KEY }, stored),
    onError: () => {
      setWanted(null);
      // Another tab or device was first: show what holds now.
      return queryClient.invalidateQueries({ queryKey: KEY });
    },
  });
  // A switch turns with the click; what is stored has a later version and takes its place.
  const shown = wanted?.version === preferences.version ? wanted : preferences;
  const turn = (turned: Partial<NoticePreferences>) => {
    if (change.isPending) return;
    const body = { ...preferences, ...turned };
    setWanted(body);
    change.mutate({ body });
  };
  const textOf = (code: string) =>
    code === "changed_meanwhile"
      ? t`Настройки изменились на другом устройстве. Показаны нынешние: проверьте их.`
      : undefined;
  return (
    <Stack gap="md">
      <Refusal error={change.error} textOf={textOf} />
      <NoticeSwitch
        label={t`Уведомления от поставщика`}
        hint={t`Начисления, платежи, работы, ответы на обращения`}
        checked={shown.supplier}
        onTurn={(supplier) => turn({ supplier })}
      />
      <NoticeSwitch
        label={t`Уведомления от приборов учета`}
        hint={t`Отключения, качество напряжения, вскрытия, связь с прибором`}
        checked={shown.meter}
        onTurn={(meter) => turn({ meter })}
      />
      <Text size="sm" c="dimmed">
        <Trans>Сообщения о входе и безопасности приходят всегда.</Trans>
      </Text>
      {change.isSuccess ? (
        <Text size="sm" role="status">
          <Trans>Сохранено, действует со следующего уведомления.</Trans>
        </Text>
      ) : null}
    </Stack>
  );
}

/** The hint stands outside the label: inside it would be read as a part of the name too. */
function NoticeSwitch(props: {
  label: string;
  hint: string;
  checked: boolean;
  onTurn: (checked: boolean) => void;
}) {
  const { label, hint, checked, onTurn } = props;
  const id = useId();
  return (
    <div>
      <Switch
        size="md"
        label={label}
        aria-describedby={id}
        checked={checked}
        onChange={(event) => onTurn(event.currentTarget.checked)}
      />
      <Text id={id} size="sm" c="dimmed" mt={2}>
        {hint}
      </Text>
    </div>
  );
}
