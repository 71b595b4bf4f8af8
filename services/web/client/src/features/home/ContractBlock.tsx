/** The contract's number and its supplier with the ways to reach it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor } from "@mantine/core";
import type { Contract } from "../../shared/api/types";
import { Block } from "../../shared/ui/Block";
import classes from "./HomePage.module.css";

export function ContractBlock({ contract: { number, supplier } }: { contract: Contract }) {
  const { t } = useLingui();
  return (
    <Block title={t`Договор и поставщик`}>
      <dl className={classes.facts}>
        <dt>
          <Trans>Номер договора</Trans>
        </dt>
        <dd>{number}</dd>
        <dt>
          <Trans>Поставщик</Trans>
        </dt>
        <dd>{supplier.name}</dd>
        <dt>
          <Trans>Телефон</Trans>
        </dt>
        <dd>
          {supplier.phone === null ? (
            "-"
          ) : (
            <Anchor href={`tel:${dialled(supplier.phone)}`}>{supplier.phone}</Anchor>
          )}
        </dd>
        <dt>
          <Trans>E-mail</Trans>
        </dt>
        <dd>
          {supplier.email === null ? (
            "-"
          ) : (
            <Anchor href={`mailto:${supplier.email}`}>{supplier.email}</Anchor>
          )}
        </dd>
        <dt>
          <Trans>Сайт</Trans>
        </dt>
        <dd>
          <Site address={supplier.site} />
        </dd>
      </dl>
    </Block>
  );
}

/** A link only for web addresses: the text comes from the supplier's data. */
function Site({ address }: { address: string | null }) {
  if (address === null) return "-";
  if (!/^https?:\/\//.test(address)) return address;
  return (
    <Anchor href={address} target="_blank" rel="noopener noreferrer">
      {address.replace(/^https?:\/\//, "").replace(/\/$/, "")}
    </Anchor>
  );
}

function dialled(phone: string): string {
  return phone.replace(/[^+\d]/g, "");
}
