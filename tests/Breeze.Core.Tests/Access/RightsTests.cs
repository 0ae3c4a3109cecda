using Breeze.Core.Access;

namespace Breeze.Core.Tests.Access;

public sealed class RightsTests
{
    /// <summary>Section 4 of the contract, one line a sentence: who is the least that may.</summary>
    public static TheoryData<Right, Role, ScopeKind> LeastCallers => new()
    {
        { Right.ViewFleet, Role.Viewer, ScopeKind.Org },
        { Right.ViewDeployments, Role.Viewer, ScopeKind.Org },
        { Right.ViewOrganizations, Role.Viewer, ScopeKind.Org },
        { Right.RunDeployments, Role.Technician, ScopeKind.Org },
        { Right.ViewPatches, Role.Viewer, ScopeKind.Org },
        { Right.RunPatches, Role.Technician, ScopeKind.Org },
        { Right.DecidePatches, Role.Technician, ScopeKind.Org },
        { Right.ViewPolicies, Role.Viewer, ScopeKind.Org },
        { Right.ManagePolicies, Role.Admin, ScopeKind.Org },
        { Right.EditGroups, Role.Technician, ScopeKind.Org },
        { Right.EditDevices, Role.Technician, ScopeKind.Org },
        { Right.ManageScripts, Role.Admin, ScopeKind.Org },
        { Right.ManageSoftware, Role.Admin, ScopeKind.Org },
        { Right.ManageSites, Role.Admin, ScopeKind.Org },
        { Right.ManageWindows, Role.Admin, ScopeKind.Org },
        { Right.ManageEnrollment, Role.Admin, ScopeKind.Org },
        { Right.DecommissionDevices, Role.Admin, ScopeKind.Org },
        { Right.ManageKeys, Role.Admin, ScopeKind.Org },
        { Right.ReadAudit, Role.Admin, ScopeKind.Org },
        { Right.ManageOrganizations, Role.Admin, ScopeKind.Partner },
        { Right.ManagePartners, Role.Admin, ScopeKind.System },
        { Right.ViewInternals, Role.Admin, ScopeKind.System },
        { Right.RotateCommandKeys, Role.Admin, ScopeKind.System },
        { Right.UseSession, Role.Viewer, ScopeKind.Org },
    };

    [Theory]
    [MemberData(nameof(LeastCallers))]
    public void A_right_belongs_to_its_least_role_and_reach_and_to_all_above(Right right, Role role, ScopeKind reach)
    {
        foreach (var asked in Enum.GetValues<Role>())
        {
            foreach (var reaching in Enum.GetValues<ScopeKind>())
            {
                Assert.Equal(asked >= role && reaching >= reach, Rights.Allow(right, asked, reaching));
            }
        }
    }

    [Fact]
    public void Every_right_has_a_row_in_this_table() =>
        Assert.Equal(Enum.GetValues<Right>(), LeastCallers.Select(row => (Right)row[0]).Order());

    [Theory]
    [InlineData(Role.Admin, ScopeKind.System, Role.Admin, ScopeKind.System, true)]
    [InlineData(Role.Admin, ScopeKind.Org, Role.Admin, ScopeKind.Org, true)]
    [InlineData(Role.Admin, ScopeKind.Partner, Role.Viewer, ScopeKind.Org, true)]
    [InlineData(Role.Admin, ScopeKind.Org, Role.Viewer, ScopeKind.Partner, false)]
    [InlineData(Role.Admin, ScopeKind.Partner, Role.Viewer, ScopeKind.System, false)]
    [InlineData(Role.Technician, ScopeKind.System, Role.Admin, ScopeKind.Org, false)]
    public void A_key_makes_none_above_itself(Role own, ScopeKind reach, Role asked, ScopeKind askedReach, bool may)
    {
        var caller = new Caller(ApiKeyId.New(), "key", own, new OrgScope(reach, Guid.NewGuid()));
        Assert.Equal(may, Rights.MayGrant(caller, asked, askedReach));
    }
}
