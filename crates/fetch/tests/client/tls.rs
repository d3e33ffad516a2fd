//! TLS: whose certificate counts.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::server::{Server, reply};
use veilpass_fetch::{Address, Client, FetchError};

/// A certificate authority of a test's own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    /// A server with a certificate of this authority for `name`.
    fn server(&self, name: &str) -> Server {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Server::tls(config, |_, out| reply(out, "200 OK", "", b"bundle"))
    }
}

fn client(server: &Server, authorities: Option<&[u8]>) -> Client {
    let address = format!("https://127.0.0.1:{}/public", server.port);
    Client::new(Address::read(&address).unwrap(), authorities).unwrap()
}

#[test]
fn a_certificate_of_the_named_authority_is_good_and_no_other() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = ours.server("127.0.0.1");
    let good = client(&server, Some(&ours.pem())).get("bundle.vp", 100);
    assert_eq!(good.unwrap(), b"bundle");
    let both = [theirs.pem(), ours.pem()].concat();
    assert!(client(&server, Some(&both)).get("bundle.vp", 100).is_ok());
    for other in [Some(theirs.pem()), None] {
        let refused = client(&server, other.as_deref()).get("bundle.vp", 100);
        assert!(
            matches!(refused, Err(FetchError::Certificate { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_certificate_for_another_name_is_not_good() {
    let ours = Authority::new();
    let server = ours.server("pass.example");
    let refused = client(&server, Some(&ours.pem())).get("bundle.vp", 100);
    assert!(
        matches!(refused, Err(FetchError::Certificate { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_server_without_tls_is_not_talked_to() {
    let server = Server::plain(|_, out| reply(out, "200 OK", "", b"bundle"));
    assert!(client(&server, None).get("bundle.vp", 100).is_err());
}

#[test]
fn a_file_without_certificates_is_refused() {
    let address = || Address::read("https://pass.example").unwrap();
    let key = KeyPair::generate().unwrap().serialize_pem();
    for pem in ["", "certificate", key.as_str()] {
        let refused = Client::new(address(), Some(pem.as_bytes())).err();
        assert_eq!(refused, Some(FetchError::Authorities), "{pem}");
    }
}
