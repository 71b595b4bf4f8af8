/** Tries to link that came to nothing, each with its reason and a way to try again; nothing is shown where there are none. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Button, Group } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import { useRefusedLinks } from "../../shared/api/lists";
import type { RefusedLink } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { Refusal } from "../../shared/security/Refusal";
import { PORTAL_ZONE } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import rows from "../../shared/ui/rows.module.css";
import { MoreButton, QueryBlock } from "../../shared/ui/states";

export function RefusedLinksBlock({ onRetry }: { onRetry: (link: RefusedLink) => void }) {
  const { t } = useLingui();
  const refused = useRefusedLinks();
  if (refused.data === undefined || refused.data.length === 0) return null;
  return (
    <Block title={t`Не добавлены`}>
      <QueryBlock query={refused} height={96}>
        {(items) => (
          <ul className={rows.list}>
            {items.map((link) => (
              <RefusedRow key={link.id} link={link} onRetry={() => onRetry(link)} />
            ))}
          </ul>
        )}
      </QueryBlock>
      <MoreButton query={refused} />
    </Block>
  );
}

function RefusedRow({ link, onRetry }: { link: RefusedLink; onRetry: () => void }) {
  const { t } = useLingui();
  const format = useFormat();
  const queryClient = useQueryClient();
  const dismiss = api.useMutation("delete", "/api/v1/refused-links/{refused_link_id}", {
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/refused-links"] }),
  });
  const reasons: Record<string, string> = {
    link_refused: t`поставщик не подтвердил логин и пароль`,
    too_many_attempts: t`слишком много попыток, повторите позже`,
  };
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>{link.name}</div>
        <div className={rows.dim}>
          {link.supplier === null ? null : `${link.supplier.name}: `}
          {reasons[link.state_reason] ?? link.state_reason}
        </div>
        <div className={rows.dim}>
          {format.dateTime(link.refused_at, PORTAL_ZONE)}
          {", "}
          <Plural value={link.times} one="# попытка" few="# попытки" many="# попыток" other="# попытки" />
        </div>
        <Refusal error={dismiss.error} />
      </div>
      <Group gap="xs">
        <Button variant="light" size="sm" aria-label={t`Повторить: ${link.name}`} onClick={onRetry}>
          <Trans>Повторить</Trans>
        </Button>
        <Button
          variant="default"
          size="sm"
          loading={dismiss.isPending}
          aria-label={t`Убрать: ${link.name}`}
          onClick={() => dismiss.mutate({ params: { path: { refused_link_id: link.id } } })}
        >
          <Trans>Убрать</Trans>
        </Button>
      </Group>
    </li>
  );
}
