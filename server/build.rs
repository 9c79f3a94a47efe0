//! Has the server built again when the front end it embeds has changed.

fn main() {
    let site = "../target/site";
    // Cargo takes a folder that is missing for one that has just changed, and would build again each time.
    if let Err(error) = std::fs::create_dir_all(site) {
        println!("cargo:warning=`{site}` could not be made: {error}");
    }
    println!("cargo:rerun-if-changed={site}");
}
