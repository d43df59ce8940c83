//! `[[oidc]]`: OpenID Connect providers that people may sign in with.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tradewind_server::oidc::settings::{Algorithm, ClientAuth, ClientSecret, PROVIDERS_MAX, RoleOf};
use tradewind_server::oidc::{IS_BUILT_IN, OidcProvider};
use tradewind_types::OrgId;
use tradewind_wire::Role;

/// A provider, as it is written.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OidcConfig {
    id: String,
    name: Option<String>,
    issuer: String,
    client_id: String,
    client_secret_env: Option<String>,
    client_secret_file: Option<PathBuf>,
    #[serde(default)]
    client_auth: Auth,
    callback: String,
    #[serde(default = "profile_and_email")]
    scopes: Vec<String>,
    org: Option<OrgId>,
    #[serde(default = "all_algorithms")]
    algorithms: Vec<String>,
    #[serde(default)]
    endpoint_hosts: Vec<String>,
    #[serde(default)]
    create_users: bool,
    #[serde(default)]
    allowed_domains: Vec<String>,
    role_claim: Option<String>,
    #[serde(default)]
    roles: Vec<RoleConfig>,
    default_role: Option<Role>,
    #[serde(default)]
    trust_second_factor: bool,
    #[serde(default)]
    acr_values: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Auth {
    #[default]
    Basic,
    Post,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RoleConfig {
    value: String,
    role: Role,
}

fn profile_and_email() -> Vec<String> {
    vec!["profile".to_owned(), "email".to_owned()]
}

fn all_algorithms() -> Vec<String> {
    Algorithm::ALL.iter().map(|a| a.name().to_owned()).collect()
}

impl OidcConfig {
    /// The provider, of the organisation `house` where none is named. The secret is read.
    fn provider(&self, house: &OrgId) -> Result<OidcProvider, String> {
        let algorithm = |name: &String| {
            Algorithm::of(name).ok_or_else(|| {
                format!(
                    "oidc `{}`: algorithms are RS256, ES256 and EdDSA, not `{name}`",
                    self.id
                )
            })
        };
        let provider = OidcProvider {
            id: self.id.clone(),
            name: self.name.clone().unwrap_or_else(|| self.id.clone()),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.secret()?,
            client_auth: match self.client_auth {
                Auth::Basic => ClientAuth::Basic,
                Auth::Post => ClientAuth::Post,
            },
            callback: self.callback.clone(),
            scopes: self
                .scopes
                .iter()
                .filter(|scope| *scope != "openid")
                .cloned()
                .collect(),
            org: self.org.clone().unwrap_or_else(|| house.clone()),
            algorithms: self.algorithms.iter().map(algorithm).collect::<Result<_, _>>()?,
            endpoint_hosts: self.endpoint_hosts.clone(),
            create_users: self.create_users,
            allowed_domains: self.allowed_domains.clone(),
            role_claim: self.role_claim.clone(),
            roles: self
                .roles
                .iter()
                .map(|of| RoleOf {
                    value: of.value.clone(),
                    role: of.role,
                })
                .collect(),
            default_role: self.default_role,
            trust_second_factor: self.trust_second_factor,
            acr_values: self.acr_values.clone(),
        };
        provider.check()?;
        Ok(provider)
    }

    fn secret(&self) -> Result<Option<ClientSecret>, String> {
        let named = |why: String| format!("oidc `{}`: {why}", self.id);
        let text = match (&self.client_secret_env, &self.client_secret_file) {
            (Some(_), Some(_)) => {
                return Err(named(
                    "give `client_secret_env` or `client_secret_file`, not both".to_owned(),
                ));
            }
            (None, None) => return Ok(None),
            (Some(variable), None) => std::env::var(variable)
                .map_err(|_| named(format!("the variable {variable} of client_secret_env is not set")))?,
            (None, Some(path)) => {
                let read = std::fs::read_to_string(path);
                read.map_err(|error| named(format!("client_secret_file {}: {error}", path.display())))?
            }
        };
        let text = zeroize::Zeroizing::new(text);
        if text.trim().is_empty() {
            return Err(named("the client secret is empty".to_owned()));
        }
        Ok(Some(ClientSecret::new(text.trim())))
    }
}

/// The providers of a configuration.
///
/// # Errors
/// What is wrong with one, and that this program was built without.
pub(super) fn providers(configs: &[OidcConfig], house: &OrgId) -> Result<Vec<OidcProvider>, String> {
    if !configs.is_empty() && !IS_BUILT_IN {
        return Err("[[oidc]] needs a program that was built with `--features oidc`".to_owned());
    }
    if configs.len() > PROVIDERS_MAX {
        return Err(format!("there may be {PROVIDERS_MAX} [[oidc]] providers"));
    }
    for (n, config) in configs.iter().enumerate() {
        if configs[..n].iter().any(|other| other.id == config.id) {
            return Err(format!("oidc `{}` is configured twice", config.id));
        }
    }
    configs.iter().map(|config| config.provider(house)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        oidc: Vec<OidcConfig>,
    }

    fn read(extra: &str) -> Result<OidcProvider, String> {
        let text = format!(
            "[[oidc]]\nid = \"work\"\nissuer = \"https://id.example.org\"\nclient_id = \"tradewind\"\n\
             callback = \"https://trade.example.org/api/v1/oidc/callback\"\n{extra}"
        );
        let file: File = toml::from_str(&text).map_err(|error| error.to_string())?;
        file.oidc[0].provider(&"main".parse().expect("id"))
    }

    #[test]
    fn a_provider_is_read_with_its_defaults_and_its_secret_from_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, "hush\n").expect("written");
        let provider = read(&format!(
            "client_secret_file = \"{}\"\nrole_claim = \"groups\"\nroles = [{{ value = \"traders\", role = \"TRADER\" }}]\n",
            path.display()
        ))
        .expect("read");
        assert_eq!(provider.client_secret, Some(ClientSecret::new("hush")));
        assert_eq!((provider.name.as_str(), provider.org.as_str()), ("work", "main"));
        assert_eq!(provider.algorithms.len(), 3);
        assert_eq!(provider.roles[0].role, Role::Trader);
        assert!(!provider.create_users && !provider.trust_second_factor);
    }

    #[test]
    fn what_is_wrong_is_said_by_name() {
        for (extra, says) in [
            ("algorithms = [\"HS256\"]\n", "HS256"),
            ("algorithms = []\n", "at least one"),
            (
                "client_secret_env = \"TRADEWIND_NO_SUCH_VARIABLE\"\n",
                "is not set",
            ),
            (
                "client_secret_env = \"A\"\nclient_secret_file = \"b\"\n",
                "not both",
            ),
            ("client_secret = \"hush\"\n", "client_secret"),
            ("create_users = true\n", "default_role"),
            ("roles = [{ value = \"x\", role = \"BOSS\" }]\n", "BOSS"),
        ] {
            let refused = read(extra).expect_err(extra);
            assert!(refused.contains(says), "{extra}: {refused}");
        }
    }

    #[test]
    fn providers_need_the_feature() {
        let file: File = toml::from_str(
            "[[oidc]]\nid = \"work\"\nissuer = \"https://id.example.org\"\nclient_id = \"t\"\n\
             callback = \"https://trade.example.org/api/v1/oidc/callback\"\n",
        )
        .expect("read");
        let house = "main".parse().expect("id");
        assert_eq!(providers(&file.oidc, &house).is_ok(), IS_BUILT_IN);
        let twice = [file.oidc[0].clone(), file.oidc[0].clone()];
        assert!(providers(&twice, &house).is_err());
        assert!(providers(&[], &house).expect("none").is_empty());
    }
}
