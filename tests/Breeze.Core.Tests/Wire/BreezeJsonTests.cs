using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Access;

namespace Breeze.Core.Tests.Wire;

public sealed class BreezeJsonTests
{
    private static readonly Guid Org = Guid.Parse("0198f6a0-0000-7000-8000-000000000002");

    [Theory]
    [InlineData("\"2026-03-01T09:00:00Z\"", "2026-03-01T09:00:00.000Z")]
    [InlineData("\"2026-03-01T10:00:00+01:00\"", "2026-03-01T09:00:00.000Z")]
    [InlineData("\"2026-03-01T09:00:00.1239-03:30\"", "2026-03-01T12:30:00.123Z")]
    [InlineData("\"2026-03-01T09:00Z\"", "2026-03-01T09:00:00.000Z")]
    public void A_time_with_an_offset_is_read_and_written_in_UTC_to_the_millisecond(string json, string written) =>
        Assert.Equal($"\"{written}\"", JsonSerializer.Serialize(JsonSerializer.Deserialize<DateTimeOffset>(json, BreezeJson.Options), BreezeJson.Options));

    [Theory]
    [InlineData("\"2026-03-01T09:00:00\"")]
    [InlineData("\"2026-03-01\"")]
    [InlineData("\"2026-03-01 09:00:00Z\"")]
    [InlineData("\"tomorrow\"")]
    [InlineData("\"2026-13-01T09:00:00Z\"")]
    [InlineData("\"\"")]
    [InlineData("1767225600")]
    [InlineData("null")]
    public void A_time_without_an_offset_and_what_is_no_time_are_refused(string json) =>
        Assert.Throws<WireFormatException>(() => JsonSerializer.Deserialize<DateTimeOffset>(json, BreezeJson.Options));

    [Theory]
    [InlineData("""{"name":"k","scope":"org","role":"viewer"}""")]
    [InlineData("""{"name":"k","scope":"org","role":"viewer","orgId":null,"expiresAt":null}""")]
    public void What_may_be_null_may_be_left_out(string json) =>
        Assert.Null(JsonSerializer.Deserialize<CreateApiKey>(json, BreezeJson.Options)!.OrgId);

    [Theory]
    [InlineData("""{"scope":"org","role":"viewer"}""")]
    [InlineData("""{"name":null,"scope":"org","role":"viewer"}""")]
    [InlineData("""{"name":"k","role":"viewer"}""")]
    [InlineData("""{"name":"k","scope":"Org","role":"viewer"}""")]
    [InlineData("""{"name":"k","scope":1,"role":"viewer"}""")]
    [InlineData("""{"name":"k","scope":"org","role":"viewer","extra":1}""")]
    [InlineData("""{"Name":"k","scope":"org","role":"viewer"}""")]
    [InlineData("""{"name":"k","name":"k","scope":"org","role":"viewer"}""")]
    [InlineData("""{"name":"k","scope":"org","role":"viewer","orgId":"{0198f6a0-0000-7000-8000-000000000002}"}""")]
    public void What_must_be_there_unknown_members_and_other_spellings_are_refused(string json) =>
        Assert.Throws<JsonException>(() => Any<CreateApiKey>(json));

    [Fact]
    public void A_client_passes_over_members_that_it_does_not_know_yet() => Assert.Equal(
        "Contoso",
        JsonSerializer.Deserialize<Organization>(
            $$"""{"id":"{{Org}}","partnerId":"{{Org}}","name":"Contoso","createdAt":"2026-03-01T09:00:00Z","planet":"Mars"}""", BreezeJson.Lenient)!.Name);

    [Fact]
    public void Nesting_deeper_than_32_levels_is_refused() =>
        Assert.Throws<JsonException>(() => Any<JsonElement>(new string('[', 33) + new string(']', 33)));

    [Fact]
    public void Nulls_are_written_and_states_are_lower_snake_case() => Assert.Equal(
        """{"name":"k","scope":"org","role":"technician","partnerId":null,"orgId":null,"expiresAt":null}""",
        JsonSerializer.Serialize(new CreateApiKey("k", KeyScope.Org, KeyRole.Technician), BreezeJson.Options));

    // The serializer's own exceptions derive from JsonException; Assert.Throws wants the exact type.
    private static T? Any<T>(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, BreezeJson.Options);
        }
        catch (JsonException e)
        {
            throw new JsonException(e.Message, e);
        }
    }
}
