import SpoolCore
import Testing

@testable import SpoolFiles

/// The fields of attachments, where a file says something for all of its rows.
struct MediaFieldsTests {
    private static let expected = [
        MediaReference(source: "flyer.pdf", kind: .document, fileName: "Flyer.pdf"),
        MediaReference(source: "own.jpg", kind: .image, fileName: "Flyer.pdf"),
        MediaReference(source: "flyer.pdf", kind: .document, fileName: "Yours.pdf"),
    ]

    @Test func `batch fields stand in for what a CSV row does not say, one by one`() {
        let reading = Reading(
            """
            # media: flyer.pdf
            # type: document
            # file name: Flyer.pdf
            number,message,attachment,media_type,fileName
            15550100001,,,,
            15550100002,Look,own.jpg,image,
            15550100003,,,,Yours.pdf

            """, .csv)
        #expect(reading.error == nil)
        #expect(reading.messages.map(\.media) == Self.expected)
        #expect(reading.messages.map(\.text) == ["", "Look", ""])
    }

    @Test func `batch fields stand in for what a JSON message does not say, one by one`() {
        let reading = Reading(
            """
            {"mediaUrl": "flyer.pdf", "mediaType": "document", "fileName": "Flyer.pdf", "messages": [
            {"number": "15550100001"},
            {"number": "15550100002", "caption": "Look", "media": "own.jpg", "type": "image"},
            {"number": "15550100003", "fileName": "Yours.pdf"}]}
            """, .json)
        #expect(reading.error == nil)
        #expect(reading.messages.map(\.media) == Self.expected)
    }

    @Test func `a file of numbers alone is enough when it has an attachment for all`() {
        let reading = Reading("# mediaUrl: https://files.example/flyer.pdf\nnumber\n15550100001\n", .csv)
        #expect(reading.messages.map(\.media) == [MediaReference(source: "https://files.example/flyer.pdf")])
    }

    @Test func `a bad type for all refuses only rows with an attachment`() {
        let reading = Reading(
            "# type: sms\nnumber,message,media\n15550100001,Hi,\n15550100002,Hi,a.png\n", .csv)
        #expect(reading.summary == ["3 15550100001 Hi", "4 VALIDATION_ERROR mediaType"])
    }

    @Test func `audio for all takes no text from any row`() {
        let reading = Reading(
            "# media: a.ogg\n# type: audio\nnumber,message\n15550100001,Hi\n15550100002,\n", .csv)
        #expect(reading.summary == ["4 VALIDATION_ERROR message", "5 15550100002 "])
    }

    @Test func `the file of all rows and their own names for it cannot be given twice`() {
        let reading = Reading("number,message,media,attachment\n15550100001,Hi,a.png,b.png\n", .csv)
        #expect(reading.error?.refusal.field == "mediaUrl")
        let named = Reading("number,message,media,mediaUrl\n15550100001,Hi,a.png,b.png\n", .csv)
        #expect(named.messages.map(\.media?.source) == ["b.png"])
    }
}
