/** What happened to the account, newest first; a kind that this version does not know is shown by its name. */
import { useLingui } from "@lingui/react/macro";
import { useSecurityEvents } from "../../shared/api/lists";
import { useFormat } from "../../shared/i18n/useFormat";
import { READER_ZONE } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import rows from "../../shared/ui/rows.module.css";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import { isUnknown } from "./device";
import { useEventName } from "./useEventName";

export function SecurityLogBlock() {
  const { t } = useLingui();
  const format = useFormat();
  const eventName = useEventName();
  const events = useSecurityEvents();
  return (
    <Block title={t`Журнал безопасности`}>
      <QueryBlock
        query={events}
        height={240}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title={t`Событий пока нет`} />}
      >
        {(items) => (
          <ul className={rows.list}>
            {items.map(({ id, at, kind, device, address }) => (
              <li key={id} className={rows.event}>
                <span className={rows.date}>{format.dateTime(at, READER_ZONE)}</span>
                <span>
                  {eventName(kind)}
                  <br />
                  <span className={rows.dim}>
                    {[isUnknown(device) ? null : device, address].filter((part) => part !== null).join(" · ")}
                  </span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </QueryBlock>
      <MoreButton query={events} />
    </Block>
  );
}
