//! Makes the folder of the built web app exist, so that the program compiles before the app was ever built, and
//! rebuilds this crate when the app was.

fn main() -> std::io::Result<()> {
    let dist = std::path::Path::new("../../web/dist");
    if !dist.exists() {
        std::fs::create_dir_all(dist)?;
    }
    println!("cargo:rerun-if-changed=../../web/dist");
    Ok(())
}
