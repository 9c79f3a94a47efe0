//! A file's lines as resources, in either format, from the start or from where an earlier import stopped.

use super::{csv, jsonl};
use policy::TenantSlug;
use policy::arguments::parse_exact;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use store::administration::{FileFormat, RefusedLine, Resource};

/// The longest line (or record that goes over several), in bytes.
pub(super) const MAX_ROW: usize = 64 * 1024;
/// So many lines are written at once,
const MOST_ROWS: usize = 1_000;
/// and of so many bytes.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// The most columns of a CSV file.
const MOST_COLUMNS: usize = 200;

/// Why a file cannot be brought in at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file could not be read")]
    Io(#[from] io::Error),
    #[error("the first line is no line of column names: it {0}")]
    NoHeader(&'static str),
    #[error("unknown column `{0}`; there are type, id, tenant, sensitivity, attributes and attributes.NAME")]
    UnknownColumn(String),
    #[error("column `{0}` is there twice")]
    ColumnTwice(String),
    #[error("there is no column `{0}`")]
    NoColumn(&'static str),
    #[error("more than {MOST_COLUMNS} columns")]
    ManyColumns,
}

/// The next byte; None at the end.
pub(super) fn next_byte(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    let byte = reader.fill_buf()?.first().copied();
    if byte.is_some() {
        reader.consume(1);
    }
    Ok(byte)
}

/// What one column of a CSV file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Type,
    Id,
    Tenant,
    Sensitivity,
    /// A JSON object.
    Attributes,
    /// One attribute, as text.
    Attribute(String),
}

impl Column {
    fn parse(name: &str) -> Result<Self, FileError> {
        Ok(match name {
            "type" => Self::Type,
            "id" => Self::Id,
            "tenant" => Self::Tenant,
            "sensitivity" => Self::Sensitivity,
            "attributes" => Self::Attributes,
            other => match other.strip_prefix("attributes.") {
                Some(attribute) if !attribute.is_empty() => Self::Attribute(attribute.to_owned()),
                _ => return Err(FileError::UnknownColumn(other.chars().take(60).collect())),
            },
        })
    }
}

/// One line as it is given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    tenant: Option<String>,
    sensitivity: Option<String>,
    attributes: Option<Map<String, Value>>,
}

/// One line or record.
struct Row {
    bytes: u64,
    lines: u64,
    /// None: it is empty.
    resource: Option<Result<Resource, String>>,
}

/// The lines of a file that are written at once.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Each with its line.
    pub(super) resources: Vec<(i64, Resource)>,
    pub(super) refused: Vec<RefusedLine>,
    /// Where the next one starts.
    pub(super) position: i64,
    pub(super) line: i64,
    /// Nothing follows.
    pub(super) is_last: bool,
}

/// An open file.
#[derive(Debug)]
pub(super) struct Rows {
    reader: BufReader<File>,
    format: FileFormat,
    columns: Vec<Column>,
    /// Whose the resources are that do not say so.
    tenant: Option<TenantSlug>,
    position: i64,
    line: i64,
}

fn count(counted: u64) -> i64 {
    i64::try_from(counted).unwrap_or(i64::MAX)
}

impl Rows {
    /// `position` and `line`: 0, or where an earlier import stopped.
    pub(super) fn open(
        mut file: File,
        format: FileFormat,
        tenant: Option<TenantSlug>,
        position: i64,
        line: i64,
    ) -> Result<Self, FileError> {
        file.seek(SeekFrom::Start(0))?;
        let mut rows =
            Self { reader: BufReader::new(file), format, columns: Vec::new(), tenant, position: 0, line: 0 };
        if format == FileFormat::Csv {
            rows.read_header()?;
        }
        if position > rows.position {
            rows.reader.seek(SeekFrom::Start(position.unsigned_abs()))?;
            rows.position = position;
            rows.line = line;
        }
        Ok(rows)
    }

    fn read_header(&mut self) -> Result<(), FileError> {
        let header = csv::record(&mut self.reader)?.ok_or(FileError::NoHeader("is not there"))?;
        let mut names = header.fields.map_err(FileError::NoHeader)?;
        if names.len() > MOST_COLUMNS {
            return Err(FileError::ManyColumns);
        }
        if let Some(first) = names.first_mut()
            && let Some(rest) = first.strip_prefix('\u{feff}')
        {
            *first = rest.to_owned();
        }
        for name in &names {
            let column = Column::parse(name.trim())?;
            if self.columns.contains(&column) {
                return Err(FileError::ColumnTwice(name.chars().take(60).collect()));
            }
            self.columns.push(column);
        }
        for (needed, name) in [(Column::Type, "type"), (Column::Id, "id")] {
            if !self.columns.contains(&needed) {
                return Err(FileError::NoColumn(name));
            }
        }
        if self.tenant.is_none() && !self.columns.contains(&Column::Tenant) {
            return Err(FileError::NoColumn("tenant"));
        }
        self.position = count(header.bytes);
        self.line = count(header.lines);
        Ok(())
    }

    /// The next lines.
    pub(super) fn next_batch(&mut self) -> Result<Batch, FileError> {
        let mut batch = Batch::default();
        let mut bytes = 0;
        while batch.resources.len() + batch.refused.len() < MOST_ROWS && bytes < MOST_BYTES {
            let Some(row) = self.next_row()? else {
                batch.is_last = true;
                break;
            };
            let at = self.line.saturating_add(1);
            self.position = self.position.saturating_add(count(row.bytes));
            self.line = self.line.saturating_add(count(row.lines.max(1)));
            bytes += row.bytes;
            match row.resource {
                None => {}
                Some(Ok(resource)) => batch.resources.push((at, resource)),
                Some(Err(why)) => batch.refused.push(RefusedLine { line: at, why }),
            }
        }
        batch.position = self.position;
        batch.line = self.line;
        Ok(batch)
    }

    fn next_row(&mut self) -> Result<Option<Row>, FileError> {
        Ok(match self.format {
            FileFormat::Csv => csv::record(&mut self.reader)?.map(|record| {
                let resource = match record.fields {
                    Ok(fields) if fields.iter().all(|field| field.trim().is_empty()) => None,
                    Ok(fields) => Some(self.of_fields(&fields)),
                    Err(why) => Some(Err(format!("the record {why}"))),
                };
                Row { bytes: record.bytes, lines: record.lines, resource }
            }),
            FileFormat::Jsonl => jsonl::line(&mut self.reader)?.map(|line| {
                let resource = match line.text {
                    Ok(text) if text.iter().all(u8::is_ascii_whitespace) => None,
                    Ok(text) => Some(self.of_json(&text)),
                    Err(why) => Some(Err(format!("the line {why}"))),
                };
                Row { bytes: line.bytes, lines: line.lines, resource }
            }),
        })
    }

    fn of_json(&self, text: &[u8]) -> Result<Resource, String> {
        let value = parse_exact(text).map_err(|error| error.to_string())?;
        let given: Given = serde_json::from_value(value).map_err(|error| error.to_string())?;
        self.resource(given)
    }

    fn of_fields(&self, fields: &[String]) -> Result<Resource, String> {
        if fields.len() != self.columns.len() {
            return Err(format!("{} fields where there are {} columns", fields.len(), self.columns.len()));
        }
        let mut given = Given::default();
        let mut attributes = Map::new();
        for (column, field) in self.columns.iter().zip(fields) {
            let text = || Some(field.clone()).filter(|field| !field.is_empty());
            match column {
                Column::Type => given.kind.clone_from(field),
                Column::Id => given.id.clone_from(field),
                Column::Tenant => given.tenant = text(),
                Column::Sensitivity => given.sensitivity = text(),
                Column::Attributes => given.attributes = text().map(|text| object(&text)).transpose()?,
                Column::Attribute(name) => {
                    attributes.extend(text().map(|text| (name.clone(), Value::String(text))));
                }
            }
        }
        if !attributes.is_empty() {
            let given = given.attributes.get_or_insert_default();
            for (name, value) in attributes {
                if given.insert(name.clone(), value).is_some() {
                    return Err(format!("attribute `{name}` is there twice"));
                }
            }
        }
        self.resource(given)
    }

    fn resource(&self, given: Given) -> Result<Resource, String> {
        let tenant = match (given.tenant.map(TenantSlug::new), &self.tenant) {
            (Some(own), Some(only)) if own != *only => {
                return Err(format!("it is of tenant `{own}`, and this import of `{only}` alone"));
            }
            (Some(own), _) => own,
            (None, Some(only)) => only.clone(),
            (None, None) => return Err("it says no tenant".to_owned()),
        };
        let mut resource = Resource::new(given.kind, given.id, tenant);
        if let Some(sensitivity) = given.sensitivity {
            resource.sensitivity = sensitivity
                .parse()
                .map_err(|error: policy::labels::LabelError| format!("sensitivity {error}"))?;
        }
        if let Some(attributes) = given.attributes {
            resource.attributes = attributes;
        }
        resource.check().map_err(|error| error.to_string())?;
        Ok(resource)
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    match parse_exact(text.as_bytes()) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("attributes are no JSON object".to_owned()),
        Err(error) => Err(format!("attributes: {error}")),
    }
}

#[cfg(test)]
mod tests;
