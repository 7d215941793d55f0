import { phone } from "../../lib/format";
import type { CallDetails } from "../../lib/types";
import { Section } from "../../parts/page";

export function ContactCard({ contact }: { contact: CallDetails["contact"] }) {
    if (!contact) return <Section title="Contact"><p class="muted">The number was withheld: nobody knows who called.</p></Section>;
    const { id, name, number, email, company, summary } = contact;
    return (
        <Section title="Contact" actions={<a href={`/contacts/${id}`}>Open<span class="visually-hidden"> contact</span></a>}>
            <dl class="about">
                {name && <><dt>Name</dt><dd><bdi>{name}</bdi></dd></>}
                <dt>Number</dt><dd><a href={`tel:${number}`}>{phone(number)}</a></dd>
                {email && <><dt>E-mail</dt><dd><a href={`mailto:${email}`}>{email}</a></dd></>}
                {company && <><dt>Company</dt><dd><bdi>{company}</bdi></dd></>}
            </dl>
            {summary && <p class="summary" dir="auto">{summary}</p>}
        </Section>
    );
}
