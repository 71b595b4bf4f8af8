/** The way out to the supplier's own pay page, in a new tab; the portal takes no money. Nothing where there is none. */
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import classes from "./HomePage.module.css";

export function PayLink({ address }: { address: string | null }) {
  // The text comes from the supplier's data: nothing but https may become a link.
  if (!address?.startsWith("https://")) return null;
  return (
    <Button
      component="a"
      href={address}
      target="_blank"
      rel="noopener noreferrer"
      mt="md"
      variant="light"
      rightSection={<IconExternalLink size={18} aria-hidden />}
    >
      <Trans>Оплатить на сайте поставщика</Trans>
      <span className={classes.unseen}>
        {" "}
        <Trans>(откроется в новой вкладке)</Trans>
      </span>
    </Button>
  );
}
