//! Providers that people may sign in with, as the operator names them.

use std::fmt;

use http::Uri;
use tradewind_types::OrgId;
use tradewind_wire::Role;
use zeroize::Zeroizing;

/// Where browsers come back to, below the program's address.
pub const CALLBACK_PATH: &str = "/api/v1/oidc/callback";
/// Most providers of an installation: the sign-in page shows a button for each.
pub const PROVIDERS_MAX: usize = 16;

/// How the program proves to a provider who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// `client_secret_basic`: as HTTP Basic credentials, the default of the specification.
    #[default]
    Basic,
    /// `client_secret_post`: in the body.
    Post,
}

/// How an ID token may be signed. Nothing symmetric, and not `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 to 8192 bits.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// Its name (RFC 7518, RFC 8037).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// That of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// What the provider knows the program by; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// Of its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The text, for the provider alone.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret")
    }
}

/// A value of the role claim, and the role of those who have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleOf {
    /// The value.
    pub value: String,
    /// The role.
    pub role: Role,
}

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcProvider {
    /// Its name in paths.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its issuer, to the letter.
    pub issuer: String,
    /// What it knows the program by.
    pub client_id: String,
    /// The secret; `None` for a public client, which has PKCE alone.
    pub client_secret: Option<ClientSecret>,
    /// How the secret is sent.
    pub client_auth: ClientAuth,
    /// The program's address followed by [`CALLBACK_PATH`], as it is registered with the provider.
    pub callback: String,
    /// Scopes beside `openid`.
    pub scopes: Vec<String>,
    /// Whose people they are.
    pub org: OrgId,
    /// How ID tokens may be signed.
    pub algorithms: Vec<Algorithm>,
    /// Hosts beside the issuer's that its endpoints may be on.
    pub endpoint_hosts: Vec<String>,
    /// Whether somebody who signs in for the first time is made a person.
    pub create_users: bool,
    /// Only people with a verified e-mail address of these domains; empty = all.
    pub allowed_domains: Vec<String>,
    /// Claim of the ID token that tells the role; a dot leads into an object.
    pub role_claim: Option<String>,
    /// Roles by the claim's values; the first that fits holds.
    pub roles: Vec<RoleOf>,
    /// The role when none fits; `None` = they may not sign in.
    pub default_role: Option<Role>,
    /// Whether an ID token that says `mfa` in `amr`, or one of `acr_values` in `acr`, stands for our second factor.
    pub trust_second_factor: bool,
    /// Authentication contexts that are asked for, and that count as two factors when they are trusted.
    pub acr_values: Vec<String>,
}

/// The host of an address, in lower case and without brackets.
fn host_of(uri: &Uri) -> Option<String> {
    let host = uri.host()?;
    Some(host.trim_matches(['[', ']']).to_ascii_lowercase())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Reads an address that is asked, or that people are sent to: TLS, but on this machine.
pub(crate) fn address(text: &str) -> Result<Uri, String> {
    let wrong = |why: &str| format!("`{}` {why}", text.chars().take(200).collect::<String>());
    if text.contains(['#', '@']) || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(wrong("must be a plain address without user, fragment or spaces"));
    }
    let uri: Uri = text.parse().map_err(|_| wrong("is no address"))?;
    let host = host_of(&uri).ok_or_else(|| wrong("names no host"))?;
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback(&host) => Ok(uri),
        _ => Err(wrong(
            "must begin with https:// (http:// is for this machine alone)",
        )),
    }
}

impl OidcProvider {
    /// Checks it.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn check(&self) -> Result<(), String> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=32).contains(&self.id.len()) || !self.id.chars().all(legal) {
            return Err(format!(
                "oidc: an id has 1 to 32 small letters, digits or `-`, not `{}`",
                self.id
            ));
        }
        let named = |why: String| format!("oidc `{}`: {why}", self.id);
        let issuer = address(&self.issuer).map_err(|why| named(format!("issuer {why}")))?;
        if issuer.query().is_some() {
            return Err(named("an issuer has no query".to_owned()));
        }
        let callback = address(&self.callback).map_err(|why| named(format!("callback {why}")))?;
        if callback.path() != CALLBACK_PATH || callback.query().is_some() {
            return Err(named(format!(
                "callback is the program's address followed by {CALLBACK_PATH}, not `{}`",
                self.callback
            )));
        }
        if self.client_id.is_empty() {
            return Err(named("client_id must not be empty".to_owned()));
        }
        if self.algorithms.is_empty() {
            return Err(named(
                "algorithms: at least one of RS256, ES256, EdDSA".to_owned(),
            ));
        }
        let plain = |text: &String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        if !self.scopes.iter().chain(&self.acr_values).all(plain) {
            return Err(named("scopes and acr_values are words without spaces".to_owned()));
        }
        if self.role_claim.is_none() && !self.roles.is_empty() {
            return Err(named("roles need a role_claim".to_owned()));
        }
        if self.create_users && self.role_claim.is_none() && self.default_role.is_none() {
            return Err(named(
                "create_users needs a role_claim or a default_role".to_owned(),
            ));
        }
        Ok(())
    }

    /// Reads an address that the provider's own document names: on the issuer's host, or one that the operator listed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn endpoint(&self, text: &str) -> Result<Uri, String> {
        let uri = address(text)?;
        let issuer: Uri = address(&self.issuer)?;
        let (host, own) = (host_of(&uri), host_of(&issuer));
        let listed = |host: &String| {
            self.endpoint_hosts
                .iter()
                .any(|other| other.eq_ignore_ascii_case(host))
        };
        let allowed = host
            .as_ref()
            .is_some_and(|h| Some(h) == own.as_ref() || listed(h));
        // A provider on the network has no business on this machine.
        let downgraded = issuer.scheme_str() == Some("https") && uri.scheme_str() != Some("https");
        if allowed && !downgraded {
            return Ok(uri);
        }
        Err(format!(
            "`{text}` is on another host than the issuer; if that is right, name the host in endpoint_hosts"
        ))
    }

    /// Whether a verified e-mail address is of the allowed domains.
    #[must_use]
    pub fn allows_address(&self, verified: Option<&str>) -> bool {
        if self.allowed_domains.is_empty() {
            return true;
        }
        let domain = verified.and_then(|address| address.rsplit_once('@'));
        domain.is_some_and(|(_, domain)| {
            self.allowed_domains
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(domain))
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn provider() -> OidcProvider {
        OidcProvider {
            id: "work".to_owned(),
            name: "Work".to_owned(),
            issuer: "https://id.example.org".to_owned(),
            client_id: "tradewind".to_owned(),
            client_secret: Some(ClientSecret::new("hush")),
            client_auth: ClientAuth::Basic,
            callback: "https://trade.example.org/api/v1/oidc/callback".to_owned(),
            scopes: vec!["profile".to_owned()],
            org: "main".parse().expect("id"),
            algorithms: Algorithm::ALL.to_vec(),
            endpoint_hosts: vec!["keys.example.org".to_owned()],
            create_users: false,
            allowed_domains: Vec::new(),
            role_claim: None,
            roles: Vec::new(),
            default_role: None,
            trust_second_factor: false,
            acr_values: Vec::new(),
        }
    }

    #[test]
    fn addresses_without_tls_are_for_this_machine_alone() {
        for text in [
            "http://id.example.org",
            "http://10.0.0.1/",
            "ftp://id.example.org",
            "id.example.org",
            "https://user@id.example.org",
            "https://id.example.org/#x",
            "https://id.example.org/a b",
            "",
            "https://",
            "http://127.0.0.1.example.org/",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
        for text in [
            "https://id.example.org/realms/x",
            "http://127.0.0.1:9/",
            "http://[::1]:9",
            "http://localhost:3000",
        ] {
            assert!(address(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn endpoints_are_on_the_issuers_host_or_a_listed_one() {
        let provider = provider();
        for text in [
            "https://id.example.org/token",
            "https://ID.example.org:8443/token",
            "https://keys.example.org/jwks",
        ] {
            assert!(provider.endpoint(text).is_ok(), "{text}");
        }
        for text in [
            "https://id.example.org.evil.test/token",
            "https://169.254.169.254/latest",
            "http://localhost/token",
            "https://evil.test/",
        ] {
            assert!(provider.endpoint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_configured_wrong_is_said_with_what_would_be_right() {
        assert_eq!(provider().check(), Ok(()));
        let broken = |change: fn(&mut OidcProvider)| {
            let mut provider = provider();
            change(&mut provider);
            provider.check().expect_err("refused")
        };
        assert!(broken(|p| p.id = "Work!".to_owned()).contains("small letters"));
        assert!(broken(|p| p.issuer = "http://id.example.org".to_owned()).contains("https://"));
        assert!(broken(|p| p.callback = "https://trade.example.org/".to_owned()).contains(CALLBACK_PATH));
        assert!(broken(|p| p.algorithms.clear()).contains("RS256"));
        assert!(broken(|p| p.create_users = true).contains("default_role"));
        assert!(broken(|p| p.scopes = vec!["a b".to_owned()]).contains("spaces"));
    }

    #[test]
    fn only_verified_addresses_of_the_domain_itself_are_of_it() {
        let mut provider = provider();
        assert!(provider.allows_address(None));
        provider.allowed_domains = vec!["example.org".to_owned()];
        assert!(provider.allows_address(Some("asha@Example.org")));
        for address in [
            None,
            Some("asha"),
            Some("asha@example.org.evil.test"),
            Some("asha@sub.example.org"),
            Some("example.org"),
        ] {
            assert!(!provider.allows_address(address), "{address:?}");
        }
    }

    #[test]
    fn the_secret_is_never_shown() {
        assert!(!format!("{:?}", provider()).contains("hush"));
    }
}
