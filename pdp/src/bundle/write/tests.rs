//! That each key is written, reads back, and that nothing else is.

use super::*;

/// Every key that there is.
const ALL: &str = "
only_tenant: acme
tenants: [{ slug: acme, name: Acme Corp, active: false }]
roles: [{ name: support, tenant: acme, description: 'Answers: mail' }, { name: 'yes' }]
issuers:
  - url: https://idp.example
    name: The company
    active: false
    tenants: [acme]
    audiences: ['https://mcp.example/crm']
    keys: { jwks: { keys: [{ kty: OKP, crv: Ed25519, x: AA }] } }
    algorithms: [EdDSA, ES256]
    clock_skew: 60
    subject_claim: oid
    require_typ: false
    actor_claim: act.sub
    actor: optional
    role_mappings:
      - { claim: groups, value: staff, role: support, tenant: acme }
      - { claim: /https:~1~1acme.example~1roles, pattern: 'crm-*', role: support, tenant: acme }
    require_jti: false
    keys_max_age: 3600
    unknown_subjects: provision
    introspection: { endpoint: 'https://idp.example/i', client_id: c, auth: client_secret_post, client_secret_env: IDP }
  - { url: 'http://127.0.0.1:3000', keys: discovery, introspection: none }
  - { url: 'https://other.example', keys: { jwks_url: 'https://other.example/keys?v=2' }, unknown_subjects: deny }
subjects:
  - id: alice
    kind: agent
    name: Alice
    active: true
    owner: ''
    attributes: { level: 9007199254740993, share: 0.1, at: '2026-11-01' }
    identities: [{ issuer: 'https://idp.example', sub: a-17 }]
    memberships: [{ tenant: acme, roles: [support], until: 2027-01-01T00:00:00.5Z }]
    api_keys: [{ name: laptop, secret_env: ALICE_KEY, expires_at: 2027-01-01T00:00:00Z }]
servers:
  - slug: crm
    name: CRM
    url: http://127.0.0.1:9000/mcp
    enabled: false
    tenants: [acme]
    audiences: ['https://crm.example']
    check_arguments: false
    tools:
      - name: refund
        title: Refund
        description: 'Two: lines.'
        input_schema: { type: object }
        output_schema: true
        annotations: { readOnlyHint: false }
        risk: high
        sensitivity: regulated
        read_only: false
        redact: [/card/number]
        scopes: ['crm:refund', crm.write]
        bindings:
          - { pointer: /customer_id, type: customer }
          - { pointer: '/orders/*', type: order, optional: true, unknown: allow }
        check_schema: false
        task: required
        mapping: ignored
      - { name: other, review: changed, definition: { inputSchema: null, execution: { taskSupport: forbidden } } }
resources:
  - { type: customer, id: 'c-42/x', tenant: acme, sensitivity: regulated, attributes: { region: eu, 'no': 1 } }
  - { type: order, id: '007', tenant: acme }
rules:
  - name: one
    tenant: acme
    effect: allow
    status: shadow
    roles: [support]
    subjects: [alice]
    kinds: [agent]
    tools: ['crm/*']
    risk_at_least: high
    sensitivity: [regulated]
    parameters: { properties: { amount: { type: number, maximum: 100 } }, required: [amount] }
    when: 'args.amount < 100'
    approval: { approvers: [finance], quorum: 2, expires_in: 30m, uses: 3 }
    valid: { from: 2026-11-01T00:00:00Z, until: 2027-01-01T00:00:00Z }
    explain: false
  - { name: two, effect: deny, status: enforced, actions: ['read', 'de*'], resources: ['record:*'], when: 'action.soft' }
credentials:
  - name: crm-pep
    tenant: acme
    server: crm
    trust: assert_subject
    arguments: by_name
    responses: minimal
    search: own
    active: false
    secret_env: CRM_PEP_KEY
";

#[test]
fn every_key_is_written_and_reads_back() {
    let bundle = Bundle::parse(ALL).expect("reads");
    let text = bundle.to_yaml("1.2.3").expect("writes");
    assert_eq!(Bundle::parse(&text).expect("reads back"), bundle);
    assert!(
        text.starts_with("# The policy of tenant acme, as `countersign export` of version 1.2.3"),
        "{text}"
    );
    assert_eq!(bundle.to_yaml("1.2.3").expect("writes again"), text);
}

#[test]
fn what_is_not_given_is_not_written() {
    let bundle = Bundle::parse("rules: []\ntenants: [{slug: a}]").expect("reads");
    let text = bundle.to_yaml("1.2.3").expect("writes");
    assert!(text.ends_with("`secret_env: VARIABLE`.\n\ntenants:\n  - slug: a\n\nrules: []\n"), "{text}");
}
