//! The size budget, and pictures that survive a camera.
#![cfg(feature = "pictures")]
use image::{GrayImage, Luma, imageops};
use rand::{SeedableRng, rngs::StdRng};
use veilpass::issuance::PendingRequest;
use veilpass::presentation::Verdict;
use veilpass::qr::{self, Code, QrError};
use veilpass::scheme::Schema;
use veilpass_fixture::city::{City, NOW, at, check, day};

fn version(bytes: &[u8]) -> i16 {
    Code::new(bytes).unwrap().version()
}

#[test]
fn a_pass_with_all_five_statements_is_at_most_1232_bytes_and_version_25() {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    assert!(payload.len() <= 1232, "{} bytes", payload.len());
    assert_eq!(payload.len(), 27 + 1184);
    assert!(version(&payload) <= 25);
}

#[test]
fn a_pass_of_a_known_issuer_is_at_most_900_bytes() {
    let mut city = City::with(1, Schema::default(), Some(()));
    let (credential, _) = city.issue(false, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    assert!(payload.len() <= 900, "{} bytes", payload.len());
    assert!(matches!(
        check(&city.door_bundle(), "restaurant", "Cafe", &payload, NOW),
        Verdict::Accepted(_)
    ));
}

#[test]
fn offer_request_and_response_fit_version_25() {
    let mut city = City::new(2);
    let mut rng = StdRng::seed_from_u64(1);
    let handle = city.registry.draw(&mut rng).unwrap();
    let acc = city.accredit(&city.clinic);
    // The longest texts there may be.
    let mut values = City::issuer_values(day(2022, 6, 1));
    values[3].1 = veilpass::scheme::Value::Text("X".repeat(64));
    let kept = city
        .clinic
        .offer(&city.scheme, &values, at(NOW + 60), &mut rng)
        .unwrap();
    let mine = City::holder_values();
    let pending: PendingRequest = kept
        .offer()
        .request(&city.scheme, &mine, at(NOW), &mut rng)
        .unwrap();
    let offer = version(&kept.offer().to_bytes());
    let request = version(&pending.request().to_bytes());
    let response = kept
        .issue(
            &city.scheme,
            &city.clinic,
            Some(&acc),
            pending.request(),
            handle,
            at(NOW),
        )
        .unwrap();
    let response = version(&response.to_bytes());
    assert!(
        offer <= 25 && request <= 25 && response <= 25,
        "{offer} {request} {response}"
    );
}

/// `picture` turned by `degrees` about its centre on a larger white sheet.
fn turned(picture: &GrayImage, degrees: f32) -> GrayImage {
    let (width, height) = picture.dimensions();
    let side = width.max(height) * 5 / 4;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let centre = |n: u32| f32::from(u16::try_from(n).unwrap()) / 2.0;
    GrayImage::from_fn(side, side, |x, y| {
        let f = |n: u32| f32::from(u16::try_from(n).unwrap()) + 0.5;
        let (dx, dy) = (f(x) - centre(side), f(y) - centre(side));
        let sx = cos * dx + sin * dy + centre(width) - 0.5;
        let sy = -sin * dx + cos * dy + centre(height) - 0.5;
        imageops::interpolate_bilinear(picture, sx, sy).unwrap_or(Luma([255]))
    })
}

fn png(picture: GrayImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::ImageLuma8(picture)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

#[test]
fn a_picture_scaled_to_70_percent_blurred_and_turned_by_5_degrees_still_reads() {
    let mut city = City::new(3);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    let drawn = Code::new(&payload).unwrap().png(4).unwrap();
    assert_eq!(qr::from_picture(&drawn).as_deref(), Ok(payload.as_slice()));

    let picture = image::load_from_memory(&drawn).unwrap().into_luma8();
    let turned = turned(&picture, 5.0);
    let (width, height) = (turned.width() * 7 / 10, turned.height() * 7 / 10);
    let scaled = imageops::resize(&turned, width, height, imageops::FilterType::Triangle);
    let blurred = imageops::blur(&scaled, 0.6);
    assert!(qr::from_picture(&png(blurred)).as_deref() == Ok(payload.as_slice()));
}

#[test]
fn pictures_of_something_else_say_what_they_are() {
    let code = |text: &str| {
        let code = qrcode::QrCode::new(text).unwrap();
        png(code.render::<Luma<u8>>().build())
    };
    assert_eq!(
        qr::from_picture(&code("https://gos-uslugi.example")),
        Err(QrError::Url)
    );
    assert_eq!(
        qr::from_picture(&code("HC1:NCFOXN")),
        Err(QrError::HealthCertificate)
    );
    assert_eq!(qr::from_picture(&code("hello")), Err(QrError::Other));
    assert_eq!(qr::from_picture(b"not a picture"), Err(QrError::Picture));
    let white = GrayImage::from_pixel(200, 200, Luma([255]));
    assert_eq!(qr::from_picture(&png(white)), Err(QrError::NoCode));
    let one = Code::new(b"one").unwrap().png(6).unwrap();
    let one = image::load_from_memory(&one).unwrap().into_luma8();
    let mut two = GrayImage::from_pixel(one.width() * 2, one.height(), Luma([255]));
    imageops::overlay(&mut two, &one, 0, 0);
    imageops::overlay(&mut two, &one, i64::from(one.width()), 0);
    assert_eq!(qr::from_picture(&png(two)), Err(QrError::ManyCodes(2)));
    assert!(Code::new(&[0xff; 4000]).is_err());
}

/// The picture crate reads whatever formats some dependency switched on; a stranger's file must not
/// choose among them.
#[test]
fn only_png_and_jpeg_are_read() {
    let png = Code::new(b"AB").unwrap().png(4).unwrap();
    let picture = image::load_from_memory(&png).unwrap();
    let mut tried = 0;
    for format in image::ImageFormat::all() {
        let mut file = std::io::Cursor::new(Vec::new());
        if picture.write_to(&mut file, format).is_err() {
            continue;
        }
        tried += 1;
        let read = qr::from_picture(&file.into_inner());
        match format {
            image::ImageFormat::Png | image::ImageFormat::Jpeg => {
                assert_eq!(read.as_deref(), Ok(&b"AB"[..]), "{format:?}");
            }
            _ => assert_eq!(read, Err(QrError::Picture), "{format:?}"),
        }
    }
    assert!(tried >= 2, "{tried}");
}
