import { Annotations } from 'aws-cdk-lib';
import { SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { type IRole, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { TokenRefresherProps } from './construct/token-refresher.ts';

/** Imports a role as immutable, because another team may own it. */
export function importRole(scope: Construct, arn: string): IRole {
  return Role.fromRoleArn(scope, 'Role', arn, { mutable: false });
}

/** Imports a VPC by the ids of its parts, without a lookup. */
export function importVpc(
  scope: Construct,
  vpcId: string,
  subnetIds: readonly string[] = [],
  groupIds: readonly string[] = [],
): Pick<TokenRefresherProps, 'vpc' | 'vpcSubnets' | 'securityGroups'> {
  const subnets = subnetIds.map((id) => {
    const subnet = Subnet.fromSubnetId(scope, id, id);
    const unused = 'The construct adds no route.';
    Annotations.of(subnet).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId', unused);
    return subnet;
  });
  const securityGroups = groupIds.map((id) => SecurityGroup.fromSecurityGroupId(scope, id, id));
  return {
    // CDK requires a zone. It is not used, because the subnets are named.
    vpc: Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId, availabilityZones: ['unused'] }),
    vpcSubnets: { subnets },
    ...(securityGroups.length === 0 ? {} : { securityGroups }),
  };
}
