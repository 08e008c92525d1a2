/** Errors of S3 Select. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#SelectObjectContentErrorCodeList */
import { CommonError } from '../../../core/errors.ts';

/** Code → AWS's sentence. */
const ERRORS = {
  Busy: 'The service is unavailable. Try again later.',
  CastFailed: 'Attempt to convert from one data type to another using CAST failed in the SQL expression.',
  CSVParsingError: 'Encountered an error parsing the CSV file. Check the file and try again.',
  EvaluatorInvalidArguments: 'Incorrect number of arguments in the function call in the SQL expression.',
  EvaluatorInvalidTimestampFormatPattern: 'Time stamp format string in the SQL expression is invalid.',
  EvaluatorInvalidTimestampFormatPatternSymbol:
    'Time stamp format pattern contains an invalid symbol in the SQL expression.',
  EvaluatorInvalidTimestampFormatPatternSymbolForParsing:
    'Time stamp format pattern contains a valid format symbol that cannot be applied to time stamp parsing in the SQL expression.',
  EvaluatorInvalidTimestampFormatPatternToken:
    'Time stamp format pattern contains an invalid token in the SQL expression.',
  EvaluatorTimestampFormatPatternDuplicateFields:
    'Time stamp format pattern contains multiple format specifiers representing the time stamp field in the SQL expression.',
  EvaluatorTimestampFormatPatternHourClockAmPmMismatch:
    "Time stamp format pattern contains a 12-hour hour of day format symbol but doesn't also contain an AM/PM field, or it contains a 24-hour hour of day format specifier and contains an AM/PM field in the SQL expression.",
  EvaluatorUnterminatedTimestampFormatPatternToken:
    'Time stamp format pattern contains an unterminated token in the SQL expression.',
  ExpressionTooLong: 'The SQL expression is too long: The maximum byte-length for the SQL expression is 256 KB.',
  IllegalSqlFunctionArgument: 'An illegal argument was used in the SQL function.',
  IncorrectSqlFunctionArgumentType: 'Incorrect type of arguments in function call in the SQL expression.',
  InvalidCompressionFormat:
    'The file is not in a supported compression format. Only GZIP and BZIP2 are supported at this time.',
  InvalidDataSource: 'Invalid data source type. Only CSV, JSON, and Parquet are supported at this time.',
  InvalidExpressionType: 'The ExpressionType is invalid. Only SQL expressions are supported at this time.',
  InvalidFileHeaderInfo: 'The FileHeaderInfo is invalid. Only NONE, USE, and IGNORE are supported at this time.',
  InvalidJsonType: 'The JsonType is invalid. Only DOCUMENT and LINES are supported at this time.',
  InvalidQuoteFields: 'The QuoteFields is invalid. Only ALWAYS and ASNEEDED are supported at this time.',
  InvalidRequestParameter:
    'The value of a parameter in SelectRequest element is invalid. Check the service API documentation and try again.',
  InvalidScanRange: 'The provided scan range is not valid.',
  InvalidTextEncoding: 'Invalid encoding type. Only UTF-8 encoding is supported at this time.',
  LexerInvalidIONLiteral: 'The SQL expression contains an invalid operator.',
  JSONParsingError: 'Encountered an error parsing the JSON file. Check the file and try again.',
  LexerInvalidChar: 'The SQL expression contains an invalid character.',
  MissingRequiredParameter:
    'The SelectRequest entity is missing a required parameter. Check the service documentation and try again.',
  ObjectSerializationConflict:
    'InputSerialization specifies more than one format (CSV, JSON, or Parquet), or OutputSerialization specifies more than one format (CSV or JSON). InputSerialization and OutputSerialization can only specify one format each.',
  OverMaxColumn: 'The number of columns in the result is greater than the maximum allowable number of columns.',
  OverMaxParquetBlockSize: 'The Parquet file is above the max row group size.',
  OverMaxRecordSize: 'The length of a record in the input or result is greater than maxCharsPerRecord of 1 MB.',
  ParquetParsingError: 'Error parsing Parquet file. Please check the file and try again.',
  ParquetUnsupportedCompressionCodec: 'The specified Parquet compression codec is not supported.',
  ParseExpectedDatePart: 'Did not find the expected date part in the SQL expression.',
  ParseUnexpectedToken: 'The SQL expression contains an unexpected token.',
  ParseUnknownOperator: 'The SQL expression contains an invalid operator.',
  TruncatedInput:
    'Object decompression failed. Check that the object is properly compressed using the format specified in the request.',
  UnsupportedFunction: 'Encountered an unsupported SQL function.',
  UnsupportedParquetType: 'The specified Parquet type is not supported.',
  UnsupportedScanRangeInput: 'Scan range queries are not supported on this type of object.',
  UnsupportedSqlOperation: 'Encountered an unsupported SQL operation.',
  UnsupportedSqlStructure: 'Encountered an unsupported SQL structure. Check the SQL Reference.',
  ValueParseFailure: 'Time stamp parse failure in the SQL expression.',
} as const;

export const selectError = (code: keyof typeof ERRORS): CommonError => new CommonError(code, ERRORS[code]);
